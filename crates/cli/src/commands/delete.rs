//! `delete`.

use pipetape_tape::{Store, StoreError, TapeState};

use crate::arguments::DeleteArguments;
use crate::exit;
use crate::failure::Failure;
use crate::screen::say;

/// Removes a tape from the store, or says that it would.
pub(crate) fn run(arguments: &DeleteArguments, store: &Store) -> Result<u8, Failure> {
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
        Some(TapeState::Finished(facts) | TapeState::Unfinished(facts)) => match facts.exchanges {
            1 => "1 exchange".to_owned(),
            count => format!("{count} exchanges"),
        },
        Some(TapeState::Unreadable(_)) => "unreadable".to_owned(),
    };
    say(format!("would delete tape {name} ({what})"));
    Ok(exit::DONE)
}
