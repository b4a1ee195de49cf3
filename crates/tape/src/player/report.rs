//! What a player reports: counts, and lists of what happened.

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

/// What the tape holds as an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedAnswer {
    /// The status that a client sees; `None` where the connection is reset.
    pub status: Option<u16>,
    /// The fault's name in a tape file.
    pub fault: Option<&'static str>,
}

impl RecordedAnswer {
    pub(crate) fn at(packed: &Packed, position: Position) -> RecordedAnswer {
        let template = packed.template(packed.address(position));
        RecordedAnswer {
            status: template.status().map(|status| status.as_u16()),
            fault: template.fault.map(|fault| fault.kind()),
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

    /// Where an answer that was chosen comes from.
    pub fn served_by(&self, paced: &Paced) -> ServedBy {
        match paced.played {
            Some(Played { slot, times }) => ServedBy::Exchange {
                seq: self.tape.packed.info(slot.position).seq,
                times,
            },
            None => ServedBy::EmptyPoll,
        }
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
        let (by, answer) = match entry.times() {
            0 => (
                ServedBy::EmptyPoll,
                RecordedAnswer {
                    status: Some(200),
                    fault: None,
                },
            ),
            times => (
                ServedBy::Exchange {
                    seq: packed.info(entry.position).seq,
                    times,
                },
                RecordedAnswer::at(packed, entry.position),
            ),
        };
        Served {
            is_loosened: entry.is_loosened(),
            session: entry.session,
            operation: packed.operation(entry.position).clone(),
            by,
            answer,
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
    /// last reset of everything; a session that started over is judged anew from there on. A job that is still to be
    /// acknowledged counts as one that never was, so the last word is at the end.
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
