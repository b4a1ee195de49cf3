//! What a player tells of what it did.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::judging::judge;
use super::listing::{MissCount, RecordedAnswer, Served, ServedBy, SessionTally, Tally, Unplayed};
use super::loose_matches::LooseMatch;
use super::play::{PlaySummary, Player};
use super::served::Entry;
use super::session::Session;
use super::track::Track;
use crate::findings::Findings;
use crate::name::SessionName;

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

    /// The last 65,536 answers in the order in which they were given, and how many earlier ones are
    /// forgotten. Both since the last reset of everything.
    pub fn served(&self) -> (Vec<Served>, u64) {
        let (entries, forgotten) = self.served_log.snapshot();
        let served = entries.into_iter().map(|entry| self.describe(entry));
        (served.collect(), forgotten)
    }

    fn describe(&self, entry: Entry) -> Served {
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
                    seq: packed.record(entry.position).seq,
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
        self.miss_log.snapshot()
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
        self.loose_matches.snapshot()
    }

    /// What each session there is did since the last reset of everything, by name.
    pub fn sessions(&self) -> Vec<SessionTally> {
        let playable = self.tape.index.tracks.playable();
        let tally = |session: Arc<Session>| {
            let course = session.course();
            SessionTally {
                session: Arc::clone(&session.name),
                served: course.served,
                loosened: course.loosened,
                unplayed: playable.saturating_sub(course.cursors.different),
            }
        };
        self.sessions.all().into_iter().map(tally).collect()
    }

    /// The exchanges that a session has left, in the tape's order; without a session, those that no session
    /// has played since the last reset of everything. At most `most`, and how many there are in all.
    pub fn unplayed(&self, session: Option<&SessionName>, most: usize) -> (Vec<Unplayed>, usize) {
        let tape = &self.tape;
        let tracks = &tape.index.tracks;
        let mut positions: Vec<_> = match session {
            None => tracks
                .all()
                .flat_map(|track| tracks.positions(track))
                .copied()
                .filter(|&at| !self.played.contains(at))
                .collect(),
            Some(name) => {
                let found = self.sessions.find(name);
                // A copy, so that the session can go on meanwhile.
                let cursors = found.map(|session| session.course().cursors.clone());
                let played =
                    |track: &Track| cursors.as_ref().map_or(0, |cursors| cursors.played(*track));
                tracks
                    .all()
                    .flat_map(|track| tracks.positions(track).iter().skip(played(track) as usize))
                    .copied()
                    .collect()
            }
        };
        positions.sort_unstable();
        let total = positions.len();
        positions.truncate(most);
        let unplayed = positions.into_iter().map(|at| tape.unplayed(at));
        (unplayed.collect(), total)
    }
}
