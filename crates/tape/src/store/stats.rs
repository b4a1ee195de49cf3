//! How much is on a tape, written down at a clean end.
//!
//! It tells a finished tape from one whose recorder was killed, and a whole one from one that lost its end:
//! sled takes a torn log for one that was just being written.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::paths::write_whole;
use crate::exchange::{Exchange, UnixMillis};
use crate::name::TapeName;

const FILE: &str = "finished";

/// Counted from the exchanges of a tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TapeStats {
    /// How many exchanges.
    pub exchanges: u64,
    /// The highest number.
    pub last_seq: u64,
    /// When the first one came.
    pub first: Option<UnixMillis>,
    /// When the last one came.
    pub last: Option<UnixMillis>,
}

impl TapeStats {
    /// Counts one more.
    pub(super) fn count(&mut self, exchange: &Exchange) {
        self.exchanges += 1;
        self.last_seq = exchange.seq;
        self.first = self.first.or(exchange.recorded_at);
        self.last = exchange.recorded_at.or(self.last);
    }

    /// Marks the tape in `directory` as finished.
    pub(super) fn write(&self, directory: &Path) -> Result<(), StoreError> {
        let path = directory.join(FILE);
        let text = serde_json::to_vec(self)
            .map_err(|error| StoreError::io("write", &path)(io::Error::other(error)))?;
        write_whole(&path, &text)
    }

    /// What a clean end left; `None` where there was none.
    pub(super) fn read(name: &TapeName, directory: &Path) -> Result<Option<TapeStats>, StoreError> {
        let path = directory.join(FILE);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|_| StoreError::damaged(name, "its file `finished` can't be read")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("read", &path)(error)),
        }
    }

    /// Marks the tape as one that is being written.
    pub(super) fn clear(directory: &Path) -> Result<(), StoreError> {
        let path = directory.join(FILE);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }
}
