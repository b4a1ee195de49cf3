//! The tape file: one tape as text.

use std::io;
use std::path::Path;

use crate::tape::Tape;

/// A tape file can't be read. Names the file, and line and member where they are known.
#[derive(Debug, thiserror::Error)]
pub enum TapeFileError {
    /// The file can't be read at all.
    #[error("cannot read {path}")]
    Io { path: String, #[source] source: io::Error },
}

impl TapeFileError {
    /// Whether the file was read and is no tape of ours: exit code 3. Otherwise it could not be read: 1.
    pub fn is_damage(&self) -> bool {
        unimplemented!()
    }
}

/// Reads a tape file.
pub fn read_tape_file(path: &Path) -> Result<Tape, TapeFileError> {
    let _ = path;
    unimplemented!()
}

/// Writes a tape as a tape file's text.
pub fn write_tape(tape: &Tape, to: &mut impl io::Write) -> io::Result<()> {
    let _ = (tape, to);
    unimplemented!()
}
