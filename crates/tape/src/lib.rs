//! Tapes: recorded exchanges, what makes two requests the same, what never reaches a disk, and the two
//! forms a tape is kept in.
//!
//! An [`Exchange`] is one request and what the client was given for it. A [`Tape`] is a named series of
//! them, kept as a text file for people or in a store, where recordings go.
//! This crate opens no socket.

mod exchange;
mod fault;
mod findings;
mod json;
mod keep;
mod live;
mod matching;
mod name;
mod new_exchange;
mod player;
mod pointer;
mod redact;
mod rules;
mod source;
mod store;
mod tape;
mod tape_file;

pub use exchange::{Exchange, NotAMoment, Outcome, RecordedRequest, RecordedResponse, UnixMillis};
pub use fault::Fault;
pub use findings::{Finding, FindingRule, Findings, Invocation};
pub use keep::{Kept, Redactions, keep};
pub use live::{LiveExchange, LiveOutcome};
pub use matching::{MatchBy, MatchKey};
pub use name::{NameError, SessionName, TapeName};
pub use new_exchange::NewExchange;
pub use player::{
    BadLatency, Exhausted, Latency, Novelty, Order, Paced, PlayerConfig, RecordedAnswer, Refusal,
    Reset, Served,
};
pub use player::{
    Closest, LooseMatch, Miss, MissCause, MissCount, MissReport, PlaySummary, Player,
};
pub use player::{SessionTally, Tally, UnknownExhausted, Unplayed};
pub use pointer::{Pointer, PointerError};
pub use redact::Redactor;
pub use rules::{RedactConfig, Rules, Salt, UnknownRedactConfig};
pub use source::{Source, SourceError};
pub use store::{
    AppendError, Damage, ExchangeFlaw, Finished, PendingExchange, RecordMode, RecordingEnd, Store,
    StoreError, TapeState, TapeStats, TapeSummary, TapeWriter,
};
pub use tape::Tape;
pub use tape_file::{FORMAT, TapeFileError, read_tape, read_tape_file};
pub use tape_file::{write_exchange, write_tape};
