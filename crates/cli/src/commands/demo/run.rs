//! The demo from its beginning to its exit code.

use std::io::Write as _;

use pipetape_tape::{Store, TapeName};

use super::error::DemoError;
use super::page::page;
use super::session::{record, replay};
use crate::commands::record::new_rules;
use crate::failure::Failure;
use crate::layout::to_stdout;
use crate::{exit, serving};

/// The tape that a demo leaves.
const TAPE: &str = "demo";

/// Shows a demo; fails after that if its replay was not complete.
pub(crate) fn run(store: &Store) -> Result<u8, Failure> {
    #[expect(clippy::expect_used, reason = "four letters")]
    let name: TapeName = TAPE.parse().expect("a good name");
    let rules = new_rules()?;
    let (recording, replayed) = serving::block_on(async {
        let recording = record(store, &name, rules).await?;
        let replayed = replay(recording.tape.clone()).await?;
        Ok((recording, replayed))
    })?;
    let text = page(&recording, &replayed, store.directory());
    to_stdout(|out| out.write_all(text.as_bytes()))?;
    if replayed.is_complete() {
        Ok(exit::DONE)
    } else {
        Err(DemoError::Incomplete.into())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use pipetape_tape::Rules;

    use super::super::session::Recording;
    use super::*;
    use crate::failure::CommandError as _;

    fn recorded(store: &Store) -> Recording {
        let name = TAPE.parse().unwrap();
        serving::block_on(record(store, &name, Rules::default())).unwrap()
    }

    #[test]
    fn what_was_recorded_is_replayed() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        let recording = recorded(&store);
        assert_eq!(recording.answers.len(), recording.tape.exchanges.len());
        let replayed = serving::block_on(replay(recording.tape)).unwrap();
        assert!(replayed.is_complete(), "{replayed:?}");
        assert_eq!(replayed.report.summary.served, 10);
    }

    /// The tape is changed in each of three ways, and its replay does not count as a success.
    #[test]
    fn a_tape_that_does_not_fit_is_shown_and_ends_with_1() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        let recording = recorded(&store);
        let exchange = &recording.tape.exchanges;
        assert_eq!(exchange[1].operation.name(), "AcknowledgeJob");
        let mut missing = recording.tape.clone();
        missing.exchanges.remove(1);
        let mut other = recording.tape.clone();
        other.exchanges[1].request.body = Bytes::from_static(b"{}");
        let mut more = recording.tape.clone();
        more.exchanges.push(exchange[1].clone());
        more.exchanges[10].seq = 11;
        for (tape, counts) in [
            (missing, "served 1, missed 1, unplayed 8"),
            (other, "served 1, missed 1, unplayed 9"),
            (more, "served 10, missed 0, unplayed 1"),
        ] {
            let replayed = serving::block_on(replay(tape)).unwrap();
            assert!(!replayed.is_complete());
            let page = page(&recording, &replayed, directory.path());
            assert!(page.contains(counts), "{page}");
            assert!(page.contains("\nNOT EQUAL: "), "{page}");
            assert!(!page.contains("\nequal: "), "{page}");
        }
        assert_eq!(DemoError::Incomplete.exit_code(), exit::FAILED);
    }
}
