//! The store: a directory with one sled database per tape.
//!
//! ```text
//! .pipetape/                0700
//!   .gitignore              keeps the store out of commits
//!   .NAME.lock              held by the process that has the tape open; says which
//!   NAME/                   one tape
//!     layout                `pipetape-store/2`, written when the rest is there: without it, no tape
//!     conf, db, blobs/,     sled's own: trees `header` and `exchanges`
//!     snap.*
//!     journal               what is being recorded, until a clean end brings it into sled
//!     finished              written at a clean end: how much is on the tape
//!   .NAME.new/              a recording that will take the tape's place, or an import
//!   .NAME.old/              the tape whose place is being taken
//! ```
//!
//! - `error` is what can go wrong, `directory` the store itself, `paths` the paths of one tape and the
//!   swap that survives a kill, `lock` who has it open;
//! - `layout` is the version, the keys and the values, `stored` the encoded form, `engine` all of sled, `journal` the
//!   file before it, `sync` what has that file reach its disk, `bulk_load` the way from there into sled;
//! - `writer` is the one thread that writes, `pending` what it is given, `reader` scans, `player_scan` does so for a
//!   player, on two threads, `stats` tells a finished tape from one whose recorder was killed.
//!
//! Rejected: one database for all tapes (reading would lock out recording), trees keyed by match key
//! (random keys cost memory without bound), values of any size (sled rewrites and does not sync large ones).

mod bulk_load;
mod directory;
mod engine;
mod error;
mod journal;
mod layout;
mod lock;
mod paths;
mod pending;
mod player_scan;
mod reader;
mod stats;
mod stored;
mod sync;
mod writer;

pub use directory::{RecordMode, RecordingEnd, Store, TapeState, TapeSummary};
pub use error::{AppendError, StoreError};
pub use pending::PendingExchange;
pub(crate) use player_scan::Work;
pub use stats::TapeStats;
pub use writer::{Finished, TapeWriter};
