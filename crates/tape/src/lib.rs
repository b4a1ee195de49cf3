//! Tapes: recorded exchanges, what makes two requests the same, what never reaches a disk, and the two
//! forms a tape is kept in.
//!
//! An [`Exchange`] is one request and what the client was given for it. A [`Tape`] is a named series of
//! them, kept as a text file for people or in a sled database while it is recorded.
//! This crate opens no socket.

mod exchange;
mod fault;
mod json;
mod live;
mod matching;
mod name;
mod pointer;
mod redact;
mod rules;
mod tape;

pub use exchange::{Exchange, NotAMoment, Outcome, RecordedRequest, RecordedResponse, UnixMillis};
pub use fault::{Fault, FaultAnswer};
pub use live::{LiveExchange, LiveOutcome, LiveResponse};
pub use matching::MatchKey;
pub use name::{NameError, SessionName, TapeName};
pub use pointer::{Pointer, PointerError};
pub use redact::Redactor;
pub use rules::{RedactConfig, Rules, Salt, UnknownRedactConfig};
pub use tape::Tape;
