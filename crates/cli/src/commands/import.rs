//! `import`.

use std::io::{self, Read as _};
use std::path::Path;

use pipetape_tape::{Store, Tape, read_tape, read_tape_file};

use crate::arguments::ImportArguments;
use crate::exit;
use crate::failure::Failure;
use crate::screen::say;

/// Reads a tape file into the store.
pub(crate) fn run(arguments: &ImportArguments, store: &Store) -> Result<u8, Failure> {
    let read = read(&arguments.file)?;
    let tape = Tape {
        name: arguments.name.clone().unwrap_or(read.name),
        ..read
    };
    store.import(&tape)?;
    let count = tape.exchanges.len();
    let exchanges = if count == 1 { "exchange" } else { "exchanges" };
    say(format!(
        "imported {count} {exchanges} as tape {}",
        tape.name
    ));
    Ok(exit::DONE)
}

fn read(file: &Path) -> Result<Tape, Failure> {
    if file != Path::new("-") {
        return Ok(read_tape_file(file)?);
    }
    let mut text = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut text)
        .map_err(|source| Failure::System {
            action: "read stdin",
            source,
        })?;
    Ok(read_tape(&text, Path::new("stdin"))?)
}
