//! Plays a tape: match index, cursors, sessions, misses. No network.

mod address;
mod answer;
mod builder;
mod building;
mod closest;
mod cursor;
mod empty_poll;
mod exhausted;
mod form;
mod index;
mod judging;
mod latency;
mod listing;
mod loose_matches;
mod miss;
mod miss_message;
mod misses;
mod notes;
mod order;
mod packed;
mod play;
mod played;
mod prepared;
mod served;
mod session;
mod sessions;
mod tally;
mod telling;
mod track;
mod verbatim;

pub use answer::Answer;
pub use builder::PlayerBuilder;
pub use exhausted::{Exhausted, UnknownExhausted};
pub use latency::{BadLatency, Latency};
pub use listing::{MissCount, RecordedAnswer, Served, ServedBy, SessionTally, Tally, Unplayed};
pub use loose_matches::LooseMatch;
pub use miss::{Closest, Miss, MissCause, MissReport, Refusal, Sighting};
pub use order::Order;
pub use play::{Paced, PlaySummary, Player, PlayerConfig, Reset};

#[cfg(test)]
mod tests;
