//! What the client of a miss is answered.

mod cause;
mod closest;
mod message;

pub use cause::{Closest, Miss, MissCause, MissCount, MissReport, Novelty, Refusal};
pub(crate) use closest::MOST_DIFFERENCES;
pub(crate) use message::{never_recorded, not_yet, refused, used_up};
