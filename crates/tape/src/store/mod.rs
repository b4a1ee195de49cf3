//! The store: a directory with one sled database per tape.

use std::path::{Path, PathBuf};

use crate::exchange::UnixMillis;
use crate::name::TapeName;
use crate::new_exchange::NewExchange;
use crate::rules::Rules;
use crate::tape::Tape;

/// A directory of tapes. Making the value touches nothing; the directory is made by the first recording.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
}

/// What to do where a tape of that name exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecordMode {
    /// Refuse.
    #[default]
    Fresh,
    /// Record beside it; take its place at a clean stop.
    Overwrite,
    /// Go on behind its last exchange, by its own rules.
    Append,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapeSummary {
    /// The tape's name.
    pub name: TapeName,
    /// What could be found out about it.
    pub state: TapeState,
}

/// What a listing says of a tape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TapeState {
    /// Its recording ended cleanly.
    Finished(TapeFacts),
    /// Its recorder was killed; what its clients saw is there.
    Unfinished(TapeFacts),
    /// A process has it open right now.
    InUse {
        /// The process.
        pid: Option<u32>,
    },
    /// It can't be read; the text says why.
    Unreadable(String),
}

/// Counted from the exchanges of a tape.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TapeFacts {
    /// How many exchanges.
    pub exchanges: u64,
    /// When the first one came.
    pub first: Option<UnixMillis>,
    /// When the last one came.
    pub last: Option<UnixMillis>,
    /// Bytes on disk.
    pub bytes: u64,
}

/// A store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such tape.
    #[error("there is no tape `{name}` in {}", directory.display())]
    NoSuchTape { name: TapeName, directory: PathBuf },
}

impl StoreError {
    /// Whether the tape or the store is damaged, or of a newer format: exit code 3.
    pub fn is_damage(&self) -> bool {
        unimplemented!()
    }
}

impl Store {
    /// The store in `directory`.
    pub fn new(directory: impl Into<PathBuf>) -> Store {
        Store { directory: directory.into() }
    }

    /// Where it lies.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Opens a tape for recording.
    pub fn record(&self, name: &TapeName, mode: RecordMode, rules: Rules) -> Result<TapeWriter, StoreError> {
        let _ = (name, mode, rules);
        unimplemented!()
    }

    /// Reads a whole tape, and lets go of it.
    pub fn load(&self, name: &TapeName) -> Result<Tape, StoreError> {
        let _ = name;
        unimplemented!()
    }

    /// Writes a whole tape under its name, which must be free.
    pub fn import(&self, tape: &Tape) -> Result<(), StoreError> {
        let _ = tape;
        unimplemented!()
    }

    /// Every tape, by name.
    pub fn list(&self) -> Result<Vec<TapeSummary>, StoreError> {
        unimplemented!()
    }

    /// Removes a tape.
    pub fn delete(&self, name: &TapeName) -> Result<(), StoreError> {
        let _ = name;
        unimplemented!()
    }
}

/// Writes exchanges to one tape. Cheap to clone; all clones write to the same tape.
#[derive(Debug, Clone)]
pub struct TapeWriter {}

/// What a finished recording left on its tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Exchanges written by this recording.
    pub written: u64,
    /// Exchanges on the tape.
    pub on_tape: u64,
}

/// An exchange could not be made durable.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the tape can no longer be written: {reason}")]
pub struct AppendError {
    /// What the storage engine said when it first failed.
    pub reason: std::sync::Arc<str>,
}

impl TapeWriter {
    /// The rules that the tape is recorded by.
    pub fn rules(&self) -> &Rules {
        unimplemented!()
    }

    /// The highest number that is durable on the tape; 0 where none is. For [`after`](crate::Exchange::after).
    pub fn last_kept(&self) -> u64 {
        unimplemented!()
    }

    /// Numbers an exchange and writes it; returns once it is durable, with its number.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the exchange is still written.
    ///
    /// # Errors
    ///
    /// After a first failure every later call fails at once with the same reason.
    pub async fn append(&self, exchange: NewExchange) -> Result<u64, AppendError> {
        let _ = exchange;
        unimplemented!()
    }

    /// Writes what is left, marks the tape finished, closes it. Blocks; call it once no call to `append` runs.
    pub fn finish(self) -> Result<Finished, StoreError> {
        unimplemented!()
    }
}
