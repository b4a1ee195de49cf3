//! What can be wrong with a tape file.

use std::io;
use std::path::PathBuf;

use pipetape_core::text::printable;
use thiserror::Error;

/// A tape file can't be read. Nothing of it was used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TapeFileError {
    /// The system did not give the file.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A newer pipetape wrote it.
    #[error("{}: its format is `{}`, this build reads `{supported}`: upgrade pipetape to read it", path.display(), printable(found))]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its `format`.
        found: String,
        /// The newest that is read.
        supported: &'static str,
    },
    /// It ends too early.
    #[error("{}: line {line}: the file is cut short: it ends in the middle of a tape", path.display())]
    CutShort {
        /// The file.
        path: PathBuf,
        /// Its last line, from 1.
        line: usize,
    },
    /// It is empty.
    #[error("{}: the file is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is not JSON.
    #[error("{}: line {line}: the file is not JSON: {reason}", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// It is JSON and no tape.
    #[error("{}: line {line}: {reason}", path.display())]
    NotATape {
        /// The file.
        path: PathBuf,
        /// Where the member or the value that is wrong ends, from 1.
        line: usize,
        /// Which member, and what is wrong with it.
        reason: String,
    },
}

impl TapeFileError {
    /// Whether the file was read and is not a tape that this build can play: exit code 3. Otherwise
    /// it could not be read at all.
    pub fn is_damage(&self) -> bool {
        !matches!(self, TapeFileError::Io { .. })
    }
}
