//! Where a tape is read from.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use pipetape_tape::{
    NameError, Player, PlayerConfig, RecordingEnd, Store, Tape, TapeName, read_tape_file,
};

use crate::failure::Failure;

/// SOURCE: a tape in the store, or a tape file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A tape in the store.
    Stored(TapeName),
    /// A tape file.
    File(PathBuf),
}

impl FromStr for Source {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains('/') || text.ends_with(".json") {
            // A path is any text.
            let Ok(path) = PathBuf::from_str(text).map_err(|never: Infallible| match never {});
            Ok(Source::File(path))
        } else {
            text.parse().map(Source::Stored)
        }
    }
}

impl Source {
    /// Reads the whole tape, and lets go of the store. How its recording ended is known of a stored one.
    pub(crate) fn load_with_end(
        &self,
        store: &Store,
    ) -> Result<(Tape, Option<RecordingEnd>), Failure> {
        match self {
            Source::Stored(name) => {
                let (tape, end) = store.load_with_end(name)?;
                Ok((tape, Some(end)))
            }
            Source::File(path) => Ok((read_tape_file(path)?, None)),
        }
    }

    /// Makes the tape ready for playing, and lets go of the store. It is never in memory twice.
    pub(crate) fn player(&self, store: &Store, config: PlayerConfig) -> Result<Player, Failure> {
        match self {
            Source::Stored(name) => Ok(Player::open_stored(store, name, config)?),
            Source::File(path) => Ok(Player::open(path, &config)?),
        }
    }

    /// Where it is, for people.
    pub(crate) fn describe(&self, store: &Store) -> String {
        match self {
            Source::Stored(_) => format!("store {}", store.directory().display()),
            Source::File(path) => format!("file {}", path.display()),
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
