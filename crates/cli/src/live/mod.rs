//! What a server does, as it happens: a line for each exchange, and how many there were.
//!
//! Servers leave an event in the log for each exchange, with what is to be told as its fields (see `EXCHANGES` of
//! [`pipetape_proxy`], [`pipetape_replay`] and [`pipetape_emulator`]). On a terminal these events are shown as live
//! lines in the place of log lines: `facts` reads an event, `line` lays it out, `counts` adds it up, and `layer` does
//! so with each.

mod counts;
mod facts;
mod layer;
mod line;

pub(crate) use layer::{CountsBelow, LiveLines, targets};
