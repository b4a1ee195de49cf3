//! Where a tape is.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

use crate::exchange::Tape;
use crate::name::{NameError, TapeName};
use crate::store::{RecordingEnd, Store, StoreError};
use crate::tape_file::{TapeFileError, read_tape_file};

/// Where a tape is: in a store, or in a tape file. As text, a name, or a path that contains `/` or ends
/// in `.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A tape in a store.
    Stored(TapeName),
    /// A tape file.
    File(PathBuf),
}

/// A tape that can't be read.
#[derive(Debug, Error)]
pub enum SourceError {
    /// It is in a store: see [`Store::load`].
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is a file: see [`read_tape_file`].
    #[error(transparent)]
    File(#[from] TapeFileError),
}

impl Source {
    /// Reads the whole tape, and lets go of the store. How its recording ended is known only of a tape in
    /// a store.
    ///
    /// # Errors
    ///
    /// There is no such tape, it is in use or damaged, or the file system refuses.
    pub fn load(&self, store: &Store) -> Result<(Tape, Option<RecordingEnd>), SourceError> {
        match self {
            Self::Stored(name) => {
                let (tape, end) = store.load_with_end(name)?;
                Ok((tape, Some(end)))
            }
            Self::File(path) => Ok((read_tape_file(path)?, None)),
        }
    }
}

impl FromStr for Source {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains('/') || text.ends_with(".json") {
            // Any text is a path.
            let Ok(path) = PathBuf::from_str(text).map_err(|never: Infallible| match never {});
            Ok(Self::File(path))
        } else {
            text.parse().map(Self::Stored)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_or_json_makes_it_a_file() {
        for (text, is_file) in [
            ("worker", Some(false)),
            ("worker.tape", Some(false)),
            ("worker.json", Some(true)),
            ("recordings/worker.tape.json", Some(true)),
            ("./worker", Some(true)),
            ("no name", None),
            ("", None),
        ] {
            let source = text.parse::<Source>().ok();
            let found = source.map(|source| matches!(source, Source::File(_)));
            assert_eq!(found, is_file, "{text}");
        }
    }
}
