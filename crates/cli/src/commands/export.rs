//! `export`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use pipetape_tape::{Store, Tape, write_tape};
use thiserror::Error;

use crate::arguments::ExportArguments;
use crate::exit;
use crate::failure::Failure;
use crate::output::to_stdout;
use crate::printable::printable;
use crate::screen::say;
use crate::umask::UserUmask;
use crate::whole_file::{Existing, write_whole};

/// A tape file can't be written.
#[derive(Debug, Error)]
pub(crate) enum ExportError {
    #[error("there is a file {} already", path.display())]
    Exists { path: PathBuf },
    #[error("there is no directory {} to write to", directory.display())]
    NoDirectory { directory: PathBuf },
    #[error("cannot write {}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Writes a tape of the store to a file, or to stdout.
pub(crate) fn run(
    arguments: &ExportArguments,
    store: &Store,
    umask: &UserUmask,
) -> Result<u8, Failure> {
    let file = arguments
        .file
        .as_deref()
        .filter(|file| *file != Path::new("-"));
    let Some(file) = file else {
        let tape = store.load(&arguments.tape)?;
        to_stdout(|out| write_tape(&tape, out))?;
        return Ok(exit::DONE);
    };
    let existing = if arguments.force {
        Existing::Replace
    } else {
        Existing::Refuse
    };
    check_place(file, existing)?;
    let tape = store.load(&arguments.tape)?;
    umask.during(|| write_file(&tape, file, existing))?;
    let count = tape.exchanges.len();
    let exchanges = if count == 1 { "exchange" } else { "exchanges" };
    say(format!(
        "exported {count} {exchanges} of tape {} to {}",
        tape.name,
        printable(&file.display().to_string())
    ));
    Ok(exit::DONE)
}

/// Refuses before a long tape is read for nothing.
fn check_place(file: &Path, existing: Existing) -> Result<(), ExportError> {
    if let Some(directory) = file.parent()
        && directory != Path::new("")
        && !directory.is_dir()
    {
        return Err(ExportError::NoDirectory {
            directory: directory.to_owned(),
        });
    }
    if existing == Existing::Refuse && fs::symlink_metadata(file).is_ok() {
        return Err(ExportError::Exists {
            path: file.to_owned(),
        });
    }
    Ok(())
}

/// The file is there whole or not at all.
fn write_file(tape: &Tape, file: &Path, existing: Existing) -> Result<(), ExportError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => ExportError::Exists {
            path: file.to_owned(),
        },
        _ => ExportError::Write {
            path: file.to_owned(),
            source,
        },
    };
    write_whole(file, existing, |out| write_tape(tape, out)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn tape() -> Tape {
        Tape {
            name: "t".parse().unwrap(),
            rules: None,
            exchanges: Vec::new(),
        }
    }

    fn text() -> Vec<u8> {
        let mut text = Vec::new();
        write_tape(&tape(), &mut text).unwrap();
        text
    }

    /// The only thing in its directory, and what it should be.
    fn check_alone(file: &Path, content: &[u8]) {
        assert_eq!(fs::read(file).unwrap(), content);
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_written_whole() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("t.tape.json");
        write_file(&tape(), &file, Existing::Refuse).unwrap();
        check_alone(&file, &text());
    }

    #[test]
    fn an_existing_file_is_replaced_only_where_that_is_asked() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("t.tape.json");
        fs::write(&file, "mine").unwrap();
        for result in [
            check_place(&file, Existing::Refuse),
            write_file(&tape(), &file, Existing::Refuse),
        ] {
            assert!(
                matches!(result, Err(ExportError::Exists { .. })),
                "{result:?}"
            );
            check_alone(&file, b"mine");
        }
        check_place(&file, Existing::Replace).unwrap();
        write_file(&tape(), &file, Existing::Replace).unwrap();
        check_alone(&file, &text());
    }

    #[test]
    fn a_link_stays_one() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (
            directory.path().join("t.json"),
            directory.path().join("link"),
        );
        fs::write(&file, "mine").unwrap();
        symlink(&file, &link).unwrap();
        write_file(&tape(), &link, Existing::Replace).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), text());
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("absent/t.json");
        let error = check_place(&file, Existing::Replace).unwrap_err();
        assert!(
            matches!(&error, ExportError::NoDirectory { directory } if directory.ends_with("absent")),
            "{error:?}"
        );
        // Where it goes in between.
        let error = write_file(&tape(), &file, Existing::Replace).unwrap_err();
        assert!(matches!(error, ExportError::Write { .. }), "{error:?}");
    }
}
