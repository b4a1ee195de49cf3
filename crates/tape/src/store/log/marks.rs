//! Two small files in a tape's directory.
//!
//! - `layout` has the version of all the rest. It is written last: a directory without it is not a
//!   tape yet.
//! - `finished` says how much is on the tape, and is there from a clean end until the next
//!   recording begins. It distinguishes a finished tape from one whose recorder was killed, and a whole one
//!   from one that lost its end: sled takes a log that was cut short for one that was just being
//!   written.

use std::io;
use std::path::Path;

use super::super::damage::Damage;
use super::super::error::StoreError;
use super::super::files::{remove_file, write_whole};
use super::super::stats::TapeStats;
use crate::name::TapeName;

/// The layout that this build writes, and the newest that it reads.
///
/// - 1: each exchange alone under its key. It is read as it is; a recording that appends to it
///   makes it a 2.
/// - 2: several exchanges under one key.
pub(super) const VERSION: u32 = 2;

pub(super) const LAYOUT: &str = "layout";
pub(super) const FINISHED: &str = "finished";

const VERSION_PREFIX: &str = "pipetape-store/";

/// Whether a directory is a tape, and not what a killed attempt to make one left.
pub(in crate::store) fn is_whole(directory: &Path) -> bool {
    directory.join(LAYOUT).exists()
}

/// Makes a directory a tape, once all the rest is durable.
pub(in crate::store) fn mark_whole(directory: &Path) -> Result<(), StoreError> {
    let text = format!("{VERSION_PREFIX}{VERSION}\n");
    write_whole(&directory.join(LAYOUT), text.as_bytes())
}

/// The version of a tape's layout: not 0, and not newer than [`VERSION`].
///
/// # Errors
///
/// A newer pipetape wrote the tape, or the file is missing or says something else.
pub(super) fn version(name: &TapeName, directory: &Path) -> Result<u32, StoreError> {
    let text = read(directory, LAYOUT)?;
    let text =
        text.ok_or_else(|| StoreError::damaged(name, Damage::MissingFile { file: LAYOUT }))?;
    match parse_version(&text) {
        Some(found) if found > VERSION => Err(StoreError::Newer {
            name: name.clone(),
            found,
            supported: VERSION,
        }),
        Some(found) if found > 0 => Ok(found),
        _ => Err(StoreError::damaged(
            name,
            Damage::UnreadableFile { file: LAYOUT },
        )),
    }
}

/// Marks a tape as finished.
pub(super) fn mark_finished(directory: &Path, stats: &TapeStats) -> Result<(), StoreError> {
    let path = directory.join(FINISHED);
    let text = serde_json::to_vec(stats)
        .map_err(|error| StoreError::io("write", &path)(io::Error::other(error)))?;
    write_whole(&path, &text)
}

/// What a clean end counted; `None` if there was none.
pub(super) fn finished(name: &TapeName, directory: &Path) -> Result<Option<TapeStats>, StoreError> {
    let Some(text) = read(directory, FINISHED)? else {
        return Ok(None);
    };
    let damage = Damage::UnreadableFile { file: FINISHED };
    serde_json::from_slice(&text).map_err(|_| StoreError::damaged(name, damage))
}

/// Marks a tape as one that is being written.
pub(super) fn clear_finished(directory: &Path) -> Result<(), StoreError> {
    remove_file(&directory.join(FINISHED))
}

fn read(directory: &Path, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let path = directory.join(file);
    match std::fs::read(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", &path)(error)),
    }
}

fn parse_version(text: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(text).ok()?;
    text.strip_prefix(VERSION_PREFIX)?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let directory = tempfile::tempdir().unwrap();
        mark_whole(directory.path()).unwrap();
        let name = "t".parse().unwrap();
        assert_eq!(version(&name, directory.path()).unwrap(), VERSION);
        assert_eq!(parse_version(b"pipetape-store/12"), Some(12));
        for bad in [
            &b""[..],
            b"pipetape-store/",
            b"pipetape-store/x",
            b"1\n",
            b"\xff",
        ] {
            assert_eq!(parse_version(bad), None);
        }
    }
}
