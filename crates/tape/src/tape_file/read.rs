//! From text to a tape.
//!
//! serde reads the file, so that it can say at which line a member is wrong.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use pipetape_core::text::brief;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;

use super::error::TapeFileError;
use super::format::{FORMAT, Readable, readable};
use super::members::File;
use super::stream;
use super::values::Object;
use crate::exchange::{Exchange, Tape};

/// The longest text of a file that an error quotes, in characters.
const LONGEST: usize = 300;

/// Reads a tape file.
///
/// # Errors
///
/// The file can't be read, or is not a tape that this build can play. It names line and member.
pub fn read_tape_file(path: &Path) -> Result<Tape, TapeFileError> {
    let begin = |tape: Tape| tape;
    fold_tape_file(path, begin, |tape, exchange| tape.exchanges.push(exchange))
}

/// Reads a tape file exchange by exchange: `begin` makes something of a tape without any, which has
/// name and rules, and `each` adds an exchange to it. For tapes too large to be in memory as a
/// [`Tape`].
///
/// If the file is not written as we write them, what was made is dropped and `begin` is called
/// again: only what this returns is a whole tape.
///
/// # Errors
///
/// As of [`read_tape_file`]; what was made so far is dropped.
pub(crate) fn fold_tape_file<T>(
    path: &Path,
    begin: impl Fn(Tape) -> T,
    mut each: impl FnMut(&mut T, Exchange),
) -> Result<T, TapeFileError> {
    let failed = |source| TapeFileError::Io {
        path: path.to_owned(),
        source,
    };
    let file = fs::File::open(path).map_err(failed)?;
    // A pipe can't be read twice.
    if file.metadata().map_err(failed)?.is_file()
        && let Some(made) = stream::fold(&file, &begin, &mut each)
    {
        return Ok(made);
    }
    let text = fs::read(path).map_err(failed)?;
    let mut tape = read_tape(&text, path)?;
    drop(text);
    let exchanges = std::mem::take(&mut tape.exchanges);
    let mut made = begin(tape);
    for exchange in exchanges {
        each(&mut made, exchange);
    }
    Ok(made)
}

/// Reads the text of a tape file. `path` is what errors call it.
///
/// # Errors
///
/// The text is not a tape that this build can play. It names line and member.
pub fn read_tape(text: &[u8], path: &Path) -> Result<Tape, TapeFileError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let error = match serde_json::from_slice::<Object<File>>(text) {
        Ok(Object(file)) => return Ok(file.into_tape()),
        Err(error) => error,
    };
    let path = path.to_owned();
    if text.trim_ascii().is_empty() {
        return Err(TapeFileError::Empty { path });
    }
    // What a newer format has must not be called wrong.
    if let Ok(Probe { format }) = serde_json::from_slice::<Probe<'_>>(text)
        && readable(&format) == Readable::Newer
    {
        return Err(TapeFileError::Newer {
            path,
            found: format.chars().take(40).collect(),
            supported: FORMAT,
        });
    }
    // What is wrong with the last member of a cut file is that the rest of it is missing.
    let cut = serde_json::from_slice::<IgnoredAny>(text)
        .err()
        .filter(|error| error.is_eof() || ends_in_a_number(text));
    let error = cut.unwrap_or(error);
    let line = error.line();
    Err(match error.classify() {
        Category::Eof => TapeFileError::CutShort { path, line },
        Category::Syntax if ends_in_a_number(text) => TapeFileError::CutShort { path, line },
        Category::Syntax | Category::Io => TapeFileError::NotJson {
            path,
            line,
            reason: without_position(&error),
        },
        Category::Data => TapeFileError::NotATape {
            path,
            line,
            reason: match member(text) {
                Some(member) => format!(
                    "`{}`: {}",
                    brief(&member, LONGEST),
                    without_position(&error)
                ),
                None => without_position(&error),
            },
        },
    })
}

/// The path to the member that is wrong, such as `exchanges[0].response.status`. Reads the text
/// once more: keeping track costs time that a good file need not spend.
fn member(text: &[u8]) -> Option<String> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let error = serde_path_to_error::deserialize::<_, Object<File>>(&mut deserializer).err()?;
    let path = error.path().to_string();
    // The whole file has no path.
    (path != ".").then_some(path)
}

/// Whether the text ends where a number has begun and can't end: the parser calls that an invalid
/// number.
fn ends_in_a_number(text: &[u8]) -> bool {
    let [.., before, last] = text else {
        return false;
    };
    match last {
        b'-' => matches!(
            before,
            b' ' | b'\t' | b'\n' | b'[' | b',' | b':' | b'e' | b'E'
        ),
        b'+' => matches!(before, b'e' | b'E'),
        b'.' | b'e' | b'E' => before.is_ascii_digit(),
        _ => false,
    }
}

/// The error's text without ` at line 1 column 2`.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&position).unwrap_or(&text);
    brief(text, LONGEST)
}

/// Reads nothing but the version.
#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
}
