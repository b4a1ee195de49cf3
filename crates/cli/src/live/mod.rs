//! What a server does, as it happens: a line for each exchange, and how many there were.
//!
//! Servers leave an event in the log for each exchange, with what is to be shown as its fields (see
//! `EXCHANGES` of [`pipetape_proxy`], [`pipetape_replay`] and [`pipetape_emulator`]). On a terminal
//! these events are shown as live lines instead of log lines: `event` reads and counts them,
//! `lines` lays each out.

mod event;
mod lines;

pub(crate) use lines::{CountsBelow, LiveLines, targets};
