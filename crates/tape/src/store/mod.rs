//! The store: a directory of tapes, one subdirectory for each.
//!
//! ```text
//! .pipetape/                0700
//!   .gitignore              keeps the store out of commits
//!   .NAME.lock              held by the process that has the tape open; says which
//!   NAME/                   one tape: its log
//!   .NAME.new/              a recording that will take the tape's place, or an import
//!   .NAME.old/              the tape whose place is being taken
//!   .NAME.gone/             a directory that is being removed
//! ```
//!
//! - `directory` is the store itself, `paths` the paths of one tape and the swap that survives a
//!   kill, `lock` who has a tape open, `files` how its files are written;
//! - [`log`] is all that is in the directory of a tape; nothing outside it knows how exchanges are
//!   kept;
//! - `writer` is the one thread that writes a tape, `reader` reads a tape;
//! - `stats` is what is counted of a tape, `error` and `damage` what can go wrong.
//!
//! `docs/store.md` in the repository draws all of it and says what was rejected.

mod damage;
mod directory;
mod error;
mod files;
mod lock;
mod log;
mod paths;
mod reader;
mod stats;
mod writer;

pub use damage::{Damage, ExchangeFlaw};
pub use directory::{RecordMode, Store, TapeState, TapeSummary};
pub use error::{AppendError, StoreError};
pub(crate) use log::Detail;
pub(crate) use reader::EncodedBatch;
pub use stats::{RecordingEnd, TapeStats};
pub use writer::{Finished, PendingExchange, TapeWriter};
