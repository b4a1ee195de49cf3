//! Which requests missed, and how often.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::listing::MissCount;
use super::miss::{Miss, MissReport, Sighting};
use super::packed::Position;
use crate::matching::MatchKey;

/// Most different misses kept; with the longest messages about 8 MB.
pub(super) const MOST_MISSES: usize = 1000;

/// What tells misses apart: who, and what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct MissId {
    pub(super) session: String,
    pub(super) request: MissedRequest,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum MissedRequest {
    Keyed {
        key: MatchKey,
        /// What has to be played first.
        awaited: Option<Position>,
    },
    /// One that can't be looked up; the message says all there is to it.
    Refused(String),
}

/// Misses in order of their first sighting.
#[derive(Debug)]
pub(super) struct MissLog {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    list: Vec<MissCount>,
    places: HashMap<MissId, usize>,
    unlisted: u64,
}

impl MissLog {
    pub(super) fn new(most: usize) -> MissLog {
        MissLog {
            most,
            kept: Mutex::default(),
        }
    }

    /// Counts a miss. One that came before is not composed again: why a request misses depends on nothing
    /// but the tape and what it waits for.
    pub(super) fn note(&self, id: MissId, compose: impl FnOnce() -> Miss) -> MissReport {
        if let Some(report) = self.count_again(&id) {
            return report;
        }
        // Looking for the closest exchange takes a while; nobody else has to wait for it.
        let miss = Arc::new(compose());
        if let Some(report) = self.count_again(&id) {
            return report;
        }
        let mut kept = self.lock();
        if kept.list.len() >= self.most {
            kept.unlisted += 1;
            let sighting = Sighting::Unlisted;
            return MissReport { miss, sighting };
        }
        let place = kept.list.len();
        kept.places.insert(id, place);
        kept.list.push(MissCount {
            miss: Arc::clone(&miss),
            count: 1,
        });
        let sighting = Sighting::First;
        MissReport { miss, sighting }
    }

    /// What is kept, and how many misses are not.
    pub(super) fn snapshot(&self) -> (Vec<MissCount>, u64) {
        let kept = self.lock();
        (kept.list.clone(), kept.unlisted)
    }

    pub(super) fn clear(&self) {
        *self.lock() = Kept::default();
    }

    fn count_again(&self, id: &MissId) -> Option<MissReport> {
        let mut kept = self.lock();
        let place = *kept.places.get(id)?;
        let known = kept.list.get_mut(place)?;
        known.count += 1;
        Some(MissReport {
            miss: Arc::clone(&known.miss),
            sighting: Sighting::Again,
        })
    }

    /// A panicking thread leaves at worst a miss in the list that is not found again.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::MissCause;

    fn note(log: &MissLog, session: &str, request: &str) -> Sighting {
        let id = MissId {
            session: session.to_owned(),
            request: MissedRequest::Refused(request.to_owned()),
        };
        let miss = || Miss {
            session: session.to_owned(),
            operation: None,
            cause: MissCause::NoOperation,
            closest: None,
            message: request.to_owned(),
        };
        log.note(id, miss).sighting
    }

    #[test]
    fn equal_misses_are_counted_together() {
        let log = MissLog::new(2);
        assert_eq!(note(&log, "a", "x"), Sighting::First);
        assert_eq!(note(&log, "a", "x"), Sighting::Again);
        assert_eq!(note(&log, "b", "x"), Sighting::First);
        assert_eq!(note(&log, "b", "y"), Sighting::Unlisted);
        assert_eq!(note(&log, "b", "y"), Sighting::Unlisted);
        assert_eq!(note(&log, "b", "x"), Sighting::Again);
        let (list, unlisted) = log.snapshot();
        let counts: Vec<_> = list
            .iter()
            .map(|one| (one.miss.session.as_str(), one.count))
            .collect();
        assert_eq!((counts, unlisted), (vec![("a", 2), ("b", 2)], 2));
        log.clear();
        assert_eq!(note(&log, "b", "y"), Sighting::First);
    }
}
