//! What makes two requests the same.

mod canonical;
mod key;
mod number;

pub(crate) use canonical::{Canonical, canonical};
pub use key::MatchKey;
