//! What never changes once a tape is loaded.

mod builder;
mod index;
mod loading;
mod packed;
mod tape;
mod template;

pub(crate) use index::{Hashed, KeyGroup};
pub(crate) use loading::{load_file, load_stored, prepare};
pub(crate) use packed::{Packed, Position, Slot};
pub(crate) use tape::{PreparedTape, Schedule};
pub(crate) use template::empty_poll;
