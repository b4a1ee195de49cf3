//! What makes two requests the same, and how far apart two are that are not.

mod canonical;
mod criteria;
mod difference;
mod distance;
mod key;
mod number;
mod shown;

pub(crate) use canonical::{Canonical, canonical};
pub(crate) use criteria::Criteria;
pub use criteria::MatchBy;
pub(crate) use difference::shown_differences;
pub(crate) use distance::{distance, distance_of_bytes};
pub use key::MatchKey;
pub(crate) use key::{Fingerprint, JobTag};
pub(crate) use shown::shown_text;
