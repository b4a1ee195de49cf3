//! `show`.

use std::io::Write as _;

use pipetape_tape::{Store, write_exchange, write_tape};

use crate::arguments::{Color, ShowArguments};
use crate::exit;
use crate::failure::Failure;
use crate::layout::Layout;
use crate::output::to_stdout;
use crate::show::{overview, whole_exchange};

/// Shows a tape, or one exchange of it.
pub(crate) fn run(arguments: &ShowArguments, store: &Store, color: Color) -> Result<u8, Failure> {
    let (tape, end) = arguments.source.load_with_end(store)?;
    let layout = Layout::of_stdout(color);
    match arguments.seq {
        None if arguments.json => to_stdout(|out| write_tape(&tape, out))?,
        None => {
            let place = arguments.source.describe(store);
            let text = overview(&tape, &place, end, layout);
            to_stdout(|out| out.write_all(text.as_bytes()))?;
        }
        Some(seq) => {
            let exchange = tape
                .exchanges
                .iter()
                .find(|exchange| exchange.seq == seq)
                .ok_or_else(|| Failure::NoSuchExchange {
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
