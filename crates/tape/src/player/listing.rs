//! What a player tells of its doings.

use std::sync::Arc;

use pipetape_core::Operation;

use super::miss::Miss;
use super::packed::{Packed, Position};
use crate::name::SessionName;

/// What the tape holds as an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedAnswer {
    /// The status that a client sees; `None` where the connection is reset.
    pub status: Option<u16>,
    /// The fault's name in a tape file.
    pub fault: Option<&'static str>,
}

impl RecordedAnswer {
    pub(super) fn at(packed: &Packed, position: Position) -> RecordedAnswer {
        let form = packed.form(packed.address(position));
        RecordedAnswer {
            status: form.status().map(|status| status.as_u16()),
            fault: form.fault.map(|fault| fault.kind()),
        }
    }
}

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Whose request.
    pub session: Arc<SessionName>,
    /// What it asked for.
    pub operation: Operation,
    /// Where the answer came from.
    pub by: ServedBy,
    /// Whether it matched only because something did not count: a member that is ignored, or all but the
    /// job's identity.
    pub is_loosened: bool,
    /// What was answered.
    pub answer: RecordedAnswer,
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServedBy {
    /// An exchange of the tape.
    Exchange {
        /// Its number on the tape.
        seq: u64,
        /// How often its session had played it by then; above 1 when answers repeat.
        times: u32,
    },
    /// None: a poll whose recorded answers were used up found no job.
    EmptyPoll,
}

/// An exchange that was not played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplayed {
    /// Its number on the tape.
    pub seq: u64,
    /// Its operation.
    pub operation: Operation,
    /// What it would have answered.
    pub answer: RecordedAnswer,
}

/// What one session did. Its misses are among [`Player::misses`](super::Player::misses).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionTally {
    /// The session.
    pub session: Arc<SessionName>,
    /// Its requests answered, also before it started over.
    pub served: u64,
    /// Those of them that matched only because something did not count.
    pub loosened: u64,
    /// Exchanges it has left.
    pub unplayed: usize,
}

/// A miss, and how often it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissCount {
    /// The miss.
    pub miss: Arc<Miss>,
    /// How often.
    pub count: u64,
}

/// Counts since the start; no reset lowers them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Answered requests by operation. Operations that the service's model does not have are `other`;
    /// requests that name none are `none`. Zeros are left out.
    pub served: Vec<(&'static str, u64)>,
    /// Missed requests, likewise.
    pub missed: Vec<(&'static str, u64)>,
    /// Answered requests that matched only because something did not count.
    pub loosened: u64,
    /// Sessions there are now.
    pub sessions: usize,
    /// Sessions that were dropped because there were too many.
    pub dropped_sessions: u64,
    /// Exchanges on the tape.
    pub exchanges: usize,
    /// Exchanges that no session has played.
    pub unplayed: usize,
}
