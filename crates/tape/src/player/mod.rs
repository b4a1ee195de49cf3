//! Plays a tape to any number of sessions. It opens no socket and reads no clock.
//!
//! # The life of a request
//!
//! 1. [`Player::play_paced`] finds the session, which begins with its first request.
//! 2. The request is looked up by its bytes. Most clients send what was recorded, so this nearly always
//!    finds its key group.
//! 3. Otherwise the body is redacted as recorded ones are, and looked up by its match key.
//! 4. Under the session's lock, its cursor in the key group takes a turn: the next exchange, or what
//!    [`Exhausted`] says if all were played. In strict order, other exchanges may have to come first.
//! 5. The turn is noted: for the log of what was served, for findings, and if it matched only loosely.
//! 6. [`Player::answer`] makes the answer, after a wait if [`Latency`] says so.
//! 7. If there is no exchange, it is a miss: the most similar request is looked for, the miss is composed
//!    and listed.
//!
//! # Words
//!
//! - *position*: the place of an exchange on the tape. *Address*: where its bytes are. *Slot*: both.
//! - *key group*: the exchanges with one match key, in recorded order. *Cursor*: the next of them in a
//!   session.
//! - *template*: what many answers have in common.
//!
//! # Where to change what
//!
//! - [`config`]: what a caller may choose.
//! - [`prepared`]: what never changes after loading: exchanges in memory, the indexes, loading itself.
//!   After a change, measure memory, start and replay at 10,000 exchanges.
//! - [`session`]: what changes with each request: cursors, and notes that findings are read from.
//! - [`log`]: what is remembered of what happened, within bounds.
//! - [`miss`]: what the client of a miss is answered.
//! - [`play`] leads through all of them; [`report`] is what a player reports.
//!
//! `play` and `report` use the other rooms. Those use `prepared`, which uses none but `config`.

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
