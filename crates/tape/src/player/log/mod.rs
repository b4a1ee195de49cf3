//! What happened, remembered within bounds.

mod listed;
mod served;

pub use listed::LooseMatch;
pub(crate) use listed::{
    LooseMatchLog, MOST_LOOSE_MATCHES, MOST_MISSES, MissId, MissLog, MissedRequest, differences,
};
pub(crate) use served::{ByOperation, MOST_SERVED, PlayedSet, ServedEntry, ServedLog};
