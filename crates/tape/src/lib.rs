//! Tapes: recorded exchanges, what makes two requests the same, what never reaches a disk, the two forms
//! that a tape is kept in, and the player that answers from one.
//!
//! An [`Exchange`] is one request and what the client was given for it. A [`Tape`] is a named, ordered
//! series of them. It is kept in a [`Store`], where recordings go, or as a tape file, which people read
//! and commit. This crate opens no socket.
//!
//! # The whole way
//!
//! An exchange is recorded into a store, exported, opened, and played:
//!
//! ```
//! use bytes::Bytes;
//! use http::{HeaderMap, Response};
//! use pipetape_core::{Answer, Operation};
//! use pipetape_tape::{
//!     AppendError, LiveExchange, LiveOutcome, NewExchange, PendingExchange, Player, PlayerConfig,
//!     RecordMode, Redactor, Rules, SessionName, Source, Store, TapeName, UnixMillis, keep, write_tape,
//! };
//!
//! /// A recorder would report here that the exchange is durable.
//! struct Pending(Option<NewExchange>);
//!
//! impl PendingExchange for Pending {
//!     fn make(&mut self) -> NewExchange {
//!         self.0.take().expect("it is called once")
//!     }
//!     fn written(self: Box<Self>, written: Result<u64, AppendError>) {
//!         assert_eq!(written.ok(), Some(1));
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # let directory = tempfile::tempdir()?;
//! # let directory = directory.path();
//! // Record: what was on the wire is redacted by the tape's rules, then written.
//! let store = Store::new(directory.join("store"));
//! let name: TapeName = "worker".parse()?;
//! let rules = Rules::generate()?;
//! let redactor = Redactor::for_recording(&rules);
//! let writer = store.record(&name, RecordMode::Fresh, rules)?;
//! let body = Bytes::from_static(br#"{"jobId":"f4f4ff82-2d11-EXAMPLE","nonce":"3"}"#);
//! let live = LiveExchange {
//!     operation: Operation::AcknowledgeJob,
//!     after: writer.last_kept(),
//!     began: UnixMillis::new(1_433_961_000_000).expect("a time in 2015"),
//!     latency_ms: 41,
//!     request_headers: HeaderMap::new(),
//!     request_body: body.clone(),
//!     outcome: LiveOutcome::Response(Response::new(Bytes::from_static(br#"{"status":"InProgress"}"#))),
//! };
//! writer.enqueue(Pending(Some(keep(live, &redactor).exchange)));
//! writer.finish().await?;
//!
//! // Export.
//! let file = directory.join("worker.tape.json");
//! write_tape(&store.load(&name)?, &mut std::fs::File::create(&file)?)?;
//!
//! // Open and play, from the file; `Source::Stored(name)` would play from the store.
//! let player = Player::open(&Source::File(file), &store, PlayerConfig::default())?;
//! let session = SessionName::default();
//! let answer = player.play(&session, &Operation::AcknowledgeJob, &body);
//! assert!(matches!(answer, Ok(Answer::Response(response)) if response.status() == 200));
//! // It was recorded once, and a session plays each exchange once.
//! let report = player.play(&session, &Operation::AcknowledgeJob, &body).unwrap_err();
//! assert!(report.miss.message.contains("used up"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The forms of an exchange
//!
//! A [`LiveExchange`] is what was on the wire. [`keep`] makes a [`NewExchange`] of it, which has no secret
//! and no number yet. The store numbers it: an [`Exchange`]. A player packs exchanges, and gives answers.
//!
//! # What is public, and why
//!
//! A recorder needs the live forms, [`keep`], [`Redactor`] and [`Store::record`]; a replay needs
//! [`Player`] and what it reports; commands need [`Store`], [`Source`] and the tape file. How a store
//! keeps exchanges, how bodies are compared, and how a player finds an answer is private, so that it can
//! change: see the invariants in `ARCHITECTURE.md`.

mod exchange;
mod fault;
mod findings;
mod json;
mod keep;
mod matching;
mod name;
mod player;
mod pointer;
mod redact;
mod rules;
mod source;
mod store;
mod tape_file;

// Names and tapes.
pub use name::{NameError, SessionName, TapeName};
pub use source::{Source, SourceError};

// An exchange, in its forms.
pub use exchange::{
    Exchange, LiveExchange, LiveOutcome, NewExchange, NotAMoment, Outcome, RecordedRequest,
    RecordedResponse, Tape, UnixMillis,
};
pub use fault::Fault;

// What is kept, and what never is.
pub use keep::{Kept, Redactions, keep};
pub use pointer::{Pointer, PointerError};
pub use redact::Redactor;
pub use rules::{RedactConfig, Rules, Salt, UnknownRedactConfig};

// The store.
pub use store::{
    AppendError, Damage, ExchangeFlaw, Finished, PendingExchange, RecordMode, RecordingEnd, Store,
    StoreError, TapeState, TapeStats, TapeSummary, TapeWriter,
};

// Tape files.
pub use tape_file::{FORMAT, TapeFileError, read_tape, read_tape_file, write_exchange, write_tape};

// Playing: what can be chosen, and what a request is given.
pub use matching::{MatchBy, MatchKey};
pub use player::{
    BadLatency, Exhausted, Latency, Order, Paced, Player, PlayerConfig, Reset, UnknownExhausted,
};

// What a player reports.
pub use findings::{Finding, FindingRule, Findings, Invocation};
pub use player::{
    Closest, LooseMatch, Miss, MissCause, MissCount, MissReport, Novelty, PlaySummary,
    RecordedAnswer, Refusal, Served, SessionTally, Tally, Unplayed,
};
