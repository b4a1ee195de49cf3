//! `demo`.

use std::io::Write as _;

use pipetape_tape::{Store, TapeName};

use super::record::new_rules;
use crate::demo::{DemoError, page, run as play};
use crate::failure::Failure;
use crate::layout::to_stdout;
use crate::{exit, serving};

/// The tape that a demo leaves.
const TAPE: &str = "demo";

/// Shows a demo; fails behind what it shows where that is not as it should be.
pub(crate) fn run(store: &Store) -> Result<u8, Failure> {
    #[expect(clippy::expect_used, reason = "four letters")]
    let name: TapeName = TAPE.parse().expect("a good name");
    let rules = new_rules()?;
    let session = serving::block_on(play(store, &name, rules))?;
    let page = page(&session, store.directory());
    to_stdout(|out| out.write_all(page.text.as_bytes()))?;
    match page.differences {
        0 => Ok(exit::DONE),
        count => Err(DemoError::Differs(count).into()),
    }
}
