//! The player as a whole.

mod loosened;
mod misses;
mod order;
mod playing;
mod random;
mod tape;
mod threads;
