//! What a recording withstands: kills, a full or slow disk, and more than fits into memory.
//!
//! Every test here has two scales: a short one in each run of the tests, and the soak, which `cargo xtask soak` runs
//! against the release build. See [`scale`].

mod copies;
mod full_disk;
mod kills;
mod kills_of_commands;
mod load;
mod memory;
pub(crate) mod scale;
