//! The tape file: one tape as text, for people to review, compare and commit.
//!
//! Equal tapes are equal bytes: two-space indent, members in a fixed order, one trailing newline.
//! What `write` writes, `read` reads back to an equal tape; what `read` reads may be written by
//! hand, with any spacing and order of members.
//!
//! - `format` names the version and the members, `body` chooses one of three forms for a body;
//! - `read` and `write` are the two directions, `error` is what can be wrong with a file;
//! - `stream` reads what we wrote piece by piece, and `read` reads any other file as a whole;
//! - `members` is what serde reads, `values` how it reads single values.

mod body;
mod error;
mod format;
mod members;
mod read;
mod stream;
mod values;
mod write;

pub use error::TapeFileError;
pub use format::FORMAT;
pub(crate) use read::fold_tape_file;
pub use read::{read_tape, read_tape_file};
pub use write::{write_exchange, write_tape};
