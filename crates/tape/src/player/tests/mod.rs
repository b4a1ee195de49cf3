//! The player as a whole.

mod misses;
mod playing;
mod random;
mod tape;
mod threads;
