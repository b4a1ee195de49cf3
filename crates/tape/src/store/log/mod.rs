//! The log of a tape: its rules, and its exchanges in order, in the directory of that tape.
//!
//! Outside this folder a tape has one log. In here it is two things:
//!
//! - the *database* (sled) has the rules, and the exchanges of every recording that had a clean
//!   end;
//! - the *journal* has the exchanges that are being recorded. A clean end moves them to the
//!   database, and so does the next recording after a kill. Until then every reader of the tape reads
//!   both, the database first.
//!
//! ```text
//! NAME/                   one tape
//!   layout                `pipetape-store/2`, written last: without it the directory is not a tape
//!   conf, db, blobs/,     the database
//!   snap.*
//!   journal               while a recording runs, or after a kill
//!   finished              from a clean end on: how much is on the tape
//! ```
//!
//! `docs/store.md` in the repository draws all of it and says why it is so.
//!
//! - `tape_log` is the log when nothing is recorded, `growing` the log of a running recording;
//! - `codec` encodes exchanges and rules, `entries` packs encoded exchanges into the keys and
//!   values of the database;
//! - `engine` is the only file that names sled; `journal` is the file before it, `sync` makes its
//!   content reach the disk;
//! - `marks` are the files `layout` and `finished`.

mod codec;
mod engine;
mod entries;
mod growing;
mod journal;
mod marks;
mod sync;
mod tape_log;

pub(crate) use codec::Detail;
pub(super) use codec::{TooLarge, decode};
pub(super) use growing::GrowingLog;
pub(super) use journal::Records;
pub(super) use marks::is_whole;
#[cfg(test)]
pub(super) use marks::mark_whole;
pub(super) use tape_log::TapeLog;
