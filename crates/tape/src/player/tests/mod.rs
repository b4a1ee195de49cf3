//! The player as a whole.

mod findings;
mod loosened;
mod misses;
mod order;
mod playing;
mod random;
mod skipping;
pub(in crate::player) mod tape;
mod threads;
