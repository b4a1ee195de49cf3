//! One tape: shown, exported to a file, imported from one, deleted.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use pipetape_files::WholeFile;
use pipetape_tape::{
    Source, Store, StoreError, Tape, TapeName, TapeState, read_tape, read_tape_file,
    write_exchange, write_tape,
};
use thiserror::Error;

use crate::arguments::{DeleteArguments, ExportArguments, ImportArguments, ShowArguments};
use crate::exit;
use crate::failure::{CommandError, Failure, SystemError};
use crate::layout::{Layout, to_stdout};
use crate::process::UserUmask;
use crate::show::{overview, whole_exchange};
use crate::terminal::{Color, say};
use crate::text::{exchanges, printable};

/// A tape file can't be written.
#[derive(Debug, Error)]
pub(crate) enum ExportError {
    #[error("{} exists already", path.display())]
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

/// What to do if the file exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Existing {
    Refuse,
    Replace,
}

/// `show SOURCE SEQ` of a number that is not on the tape.
#[derive(Debug, Error)]
#[error("tape `{tape}` has no exchange {seq}")]
struct NoSuchExchange {
    tape: TapeName,
    seq: u64,
}

impl CommandError for ExportError {
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoDirectory { .. } => Some("make the directory first, or choose another file"),
            Self::Exists { .. } => Some("choose another file, or pass --force to replace it"),
            Self::Write { .. } => None,
        }
    }
}

impl CommandError for NoSuchExchange {
    fn hint(&self) -> Option<&'static str> {
        Some("`pipetape show SOURCE` lists its exchanges")
    }
}

/// Shows a tape, or one exchange of it.
pub(crate) fn show(arguments: &ShowArguments, store: &Store, color: Color) -> Result<u8, Failure> {
    let (tape, end) = arguments.source.load(store)?;
    let layout = Layout::of_stdout(color);
    match arguments.seq {
        None if arguments.json => to_stdout(|out| write_tape(&tape, out))?,
        None => {
            let place = match &arguments.source {
                Source::Stored(_) => format!("store {}", store.directory().display()),
                Source::File(path) => format!("file {}", path.display()),
            };
            let text = overview(&tape, &place, end, layout);
            to_stdout(|out| out.write_all(text.as_bytes()))?;
        }
        Some(seq) => {
            let exchange = tape
                .exchanges
                .iter()
                .find(|exchange| exchange.seq == seq)
                .ok_or_else(|| NoSuchExchange {
                    tape: tape.name.clone(),
                    seq,
                })?;
            if arguments.json {
                to_stdout(|out| write_exchange(exchange, out))?;
            } else {
                let text = whole_exchange(&tape.name, exchange, layout);
                to_stdout(|out| out.write_all(text.as_bytes()))?;
            }
        }
    }
    Ok(exit::DONE)
}

/// Writes a tape of the store to a file, or to stdout.
pub(crate) fn export(
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
    say(format!(
        "exported {} of tape {} to {}",
        exchanges(tape.exchanges.len() as u64),
        tape.name,
        printable(&file.display().to_string())
    ));
    Ok(exit::DONE)
}

/// Refuses early, before a long tape is read.
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

/// The file is written whole or not at all.
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
    let whole = WholeFile::at(file).follow_link();
    let whole = match existing {
        Existing::Refuse => whole.refuse_existing(),
        Existing::Replace => whole,
    };
    whole.write(|out| write_tape(tape, out)).map_err(failed)
}

/// Reads a tape file into the store.
pub(crate) fn import(arguments: &ImportArguments, store: &Store) -> Result<u8, Failure> {
    let read = read_file_or_stdin(&arguments.file)?;
    let tape = Tape {
        name: arguments.name.clone().unwrap_or(read.name),
        ..read
    };
    store.import(&tape)?;
    say(format!(
        "imported {} as tape {}",
        exchanges(tape.exchanges.len() as u64),
        tape.name
    ));
    Ok(exit::DONE)
}

fn read_file_or_stdin(file: &Path) -> Result<Tape, Failure> {
    if file != Path::new("-") {
        return Ok(read_tape_file(file)?);
    }
    let mut text = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut text)
        .map_err(|source| SystemError {
            action: "read stdin",
            source,
        })?;
    Ok(read_tape(&text, Path::new("stdin"))?)
}

/// Removes a tape from the store, or says that it would.
pub(crate) fn delete(arguments: &DeleteArguments, store: &Store) -> Result<u8, Failure> {
    let name = &arguments.tape;
    if !arguments.dry_run {
        store.delete(name)?;
        say(format!("deleted tape {name}"));
        return Ok(exit::DONE);
    }
    let tapes = store.list()?;
    let found = tapes.into_iter().find(|tape| tape.name == *name);
    let what = match found.map(|tape| tape.state) {
        None => {
            return Err(Failure::from(StoreError::NoSuchTape {
                name: name.clone(),
                directory: store.directory().to_owned(),
            }));
        }
        Some(TapeState::InUse { pid }) => {
            return Err(Failure::from(StoreError::InUse {
                name: name.clone(),
                pid,
            }));
        }
        Some(TapeState::Finished(facts) | TapeState::Unfinished(facts)) => {
            exchanges(facts.exchanges)
        }
        Some(TapeState::Unreadable(_)) => "unreadable".to_owned(),
    };
    say(format!("would delete tape {name} ({what})"));
    Ok(exit::DONE)
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
        // If it is removed in between.
        let error = write_file(&tape(), &file, Existing::Replace).unwrap_err();
        assert!(matches!(error, ExportError::Write { .. }), "{error:?}");
    }
}
