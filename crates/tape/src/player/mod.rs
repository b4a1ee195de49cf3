//! Plays a tape: match index, cursors, sessions, misses. No network.

mod config;
mod log;
mod miss;
mod play;
mod prepared;
mod report;
mod session;

pub use config::{BadLatency, Exhausted, Latency, Order, PlayerConfig, UnknownExhausted};
pub use log::LooseMatch;
pub use miss::{Closest, Miss, MissCause, MissCount, MissReport, Novelty, Refusal};
pub use play::{Paced, Player, Reset};
pub use report::{PlaySummary, RecordedAnswer, Served, SessionTally, Tally, Unplayed};

#[cfg(test)]
mod tests;
