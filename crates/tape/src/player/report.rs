//! What a player reports: counts, and lists of what happened.

use std::ops::Not;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use pipetape_core::Operation;
use serde::Serialize;

use super::log::{LooseMatch, ServedEntry};
use super::miss::MissCount;
use super::play::{Paced, Played, Player};
use super::prepared::{KeyGroup, Packed, Position};
use super::session::{Session, judge};
use crate::findings::Findings;
use crate::name::SessionName;

/// What was played since the start. No reset lowers it: a miss stays a miss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaySummary {
    /// Requests answered from the tape, or with an empty poll.
    pub served: u64,
    /// Requests that nothing on the tape answered.
    pub missed: u64,
    /// Exchanges that no session has played.
    pub unplayed: u64,
    /// Answered requests that matched only because something did not count: see
    /// [`LooseMatch`].
    pub loosened: u64,
}

/// What the tape holds as an answer. Serialized, members without a value are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedAnswer {
    /// The status that a client sees; `None` if the connection is reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The fault's name in a tape file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
}

/// A request that was answered. Serialized: `seq`, `session`, `operation`, the members of its
/// [`RecordedAnswer`], `count`, and `loosened` if it is true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Served {
    /// The number of the exchange that answered it; `None` if that was an empty poll, which is not on the
    /// tape: its recorded answers were used up.
    pub seq: Option<u64>,
    /// Whose request.
    pub session: Arc<SessionName>,
    /// What it asked for.
    pub operation: Operation,
    /// What was answered.
    #[serde(flatten)]
    pub answer: RecordedAnswer,
    /// How often its session had played the exchange by then, which is above 1 if answers repeat; 0 for
    /// an empty poll.
    #[serde(rename = "count")]
    pub times: u32,
    /// Whether it matched only because something did not count: a member that is ignored, or all but the
    /// job's identity.
    #[serde(rename = "loosened", skip_serializing_if = "Not::not")]
    pub is_loosened: bool,
}

/// An exchange that was not played. Serialized: `seq`, `operation`, and the members of its
/// [`RecordedAnswer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unplayed {
    /// Its number on the tape.
    pub seq: u64,
    /// Its operation.
    pub operation: Operation,
    /// What it would have answered.
    #[serde(flatten)]
    pub answer: RecordedAnswer,
}

/// What one session did. Its misses are among [`Player::misses`](super::Player::misses).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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

impl RecordedAnswer {
    const EMPTY_POLL: Self = Self {
        status: Some(200),
        fault: None,
    };

    fn at(packed: &Packed, position: Position) -> Self {
        let template = packed.template(packed.address(position));
        Self {
            status: template.status().map(|status| status.as_u16()),
            fault: template.fault.map(|fault| fault.kind()),
        }
    }
}

impl Player {
    /// What was played since the start.
    pub fn summary(&self) -> PlaySummary {
        PlaySummary {
            served: self.served.total(),
            missed: self.missed.total(),
            unplayed: self.played.never() as u64,
            loosened: self.loosened.load(Ordering::Relaxed),
        }
    }

    /// Counts since the start.
    pub fn tally(&self) -> Tally {
        Tally {
            served: self.served.counts(),
            missed: self.missed.counts(),
            loosened: self.loosened.load(Ordering::Relaxed),
            sessions: self.sessions.count(),
            dropped_sessions: self.sessions.dropped(),
            exchanges: self.tape.packed.len(),
            unplayed: self.played.never(),
        }
    }

    /// The number of the exchange whose answer was chosen, and how often its session has played it by
    /// now; `None` for an empty poll.
    pub fn served_by(&self, paced: &Paced) -> Option<(u64, u32)> {
        let Played { slot, times } = paced.played?;
        Some((self.tape.packed.info(slot.position).seq, times))
    }

    /// The last 65,536 answers in the order in which they were given, and how many earlier ones are
    /// forgotten. Both since the last reset of everything.
    pub fn served(&self) -> (Vec<Served>, u64) {
        let (entries, forgotten) = self.served_log.snapshot();
        let served = entries.into_iter().map(|entry| self.describe(entry));
        (served.collect(), forgotten)
    }

    fn describe(&self, entry: ServedEntry) -> Served {
        let packed = &self.tape.packed;
        let (times, at) = (entry.times(), entry.position);
        let (seq, answer) = match times {
            0 => (None, RecordedAnswer::EMPTY_POLL),
            _ => (Some(packed.info(at).seq), RecordedAnswer::at(packed, at)),
        };
        Served {
            seq,
            is_loosened: entry.is_loosened(),
            session: entry.session,
            operation: packed.operation(at).clone(),
            answer,
            times,
        }
    }

    /// The first 1,000 different misses, and how many requests missed beyond those. Both since the
    /// last reset of everything.
    pub fn misses(&self) -> (Vec<MissCount>, u64) {
        let (misses, unlisted) = self.miss_log.snapshot();
        let misses = misses.into_iter();
        let misses = misses.map(|(miss, count)| MissCount { miss, count });
        (misses.collect(), unlisted)
    }

    /// What the requests of each session there is say about its worker: see [`Finding`](crate::Finding). Since the
    /// last reset of everything; a session that started over is judged from there on. A job that is still to be
    /// acknowledged counts as one that never was, so the result is final only at the end.
    ///
    /// It is worked out at each call, in about the time it takes to read the exchanges played.
    pub fn findings(&self) -> Findings {
        judge(&self.tape.packed, &self.sessions.all())
    }

    /// The first 1,000 different loose matches by session and exchange, and how many requests matched loosely beyond
    /// those. Both since the last reset of everything.
    pub fn loose_matches(&self) -> (Vec<LooseMatch>, u64) {
        let (listed, unlisted) = self.loose_matches.snapshot();
        let listed = listed.into_iter();
        let mut matches: Vec<_> = listed
            .map(|(one, count)| LooseMatch { count, ..one })
            .collect();
        matches.sort_by(|a, b| (&a.session, a.exchange).cmp(&(&b.session, b.exchange)));
        (matches, unlisted)
    }

    /// What each session there is did since the last reset of everything, by name.
    pub fn sessions(&self) -> Vec<SessionTally> {
        let playable = self.tape.index.groups.playable();
        let tally = |session: Arc<Session>| {
            let state = session.state();
            SessionTally {
                session: Arc::clone(&session.name),
                served: state.served,
                loosened: state.loosened,
                unplayed: playable.saturating_sub(state.cursors.different),
            }
        };
        self.sessions.all().into_iter().map(tally).collect()
    }

    /// The exchanges that a session has left, in the tape's order; without a session, those that no session
    /// has played since the last reset of everything. At most `most`, and how many there are in all.
    pub fn unplayed(&self, session: Option<&SessionName>, most: usize) -> (Vec<Unplayed>, usize) {
        let tape = &self.tape;
        let groups = &tape.index.groups;
        let mut positions: Vec<_> = match session {
            None => groups
                .all()
                .flat_map(|group| groups.positions(group))
                .copied()
                .filter(|&at| !self.played.contains(at))
                .collect(),
            Some(name) => {
                let found = self.sessions.find(name);
                // A copy, so that the session can go on meanwhile.
                let cursors = found.map(|session| session.state().cursors.clone());
                let played =
                    |group: &KeyGroup| cursors.as_ref().map_or(0, |cursors| cursors.played(*group));
                groups
                    .all()
                    .flat_map(|group| groups.positions(group).iter().skip(played(group) as usize))
                    .copied()
                    .collect()
            }
        };
        positions.sort_unstable();
        let total = positions.len();
        positions.truncate(most);
        let unplayed = positions.into_iter().map(|at| Unplayed {
            seq: tape.packed.info(at).seq,
            operation: tape.packed.operation(at).clone(),
            answer: RecordedAnswer::at(&tape.packed, at),
        });
        (unplayed.collect(), total)
    }
}
