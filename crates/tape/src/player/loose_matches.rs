//! Which requests matched only because something did not count, and in what they differ.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pipetape_core::Operation;

use super::closest::MOST_DIFFERENCES;
use super::packed::Position;
use crate::matching::{canonical, shown_differences};
use crate::name::SessionName;

/// Most different loose matches kept; with the longest differences about 3 MB.
pub(super) const MOST_LOOSE_MATCHES: usize = 1000;

/// Requests of one session that matched an exchange only because something did not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LooseMatch {
    /// Whose requests.
    pub session: Arc<SessionName>,
    /// What they asked for.
    pub operation: Operation,
    /// The number of the exchange they matched.
    pub exchange: u64,
    /// Where the first of them differs, as in [`Closest::differences`](super::Closest::differences); redacted.
    pub differences: Vec<String>,
    /// How many further places differ.
    pub more: usize,
    /// How many requests there were.
    pub count: u64,
}

/// Loose matches by session and exchange.
#[derive(Debug)]
pub(super) struct LooseMatches {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    matches: BTreeMap<(Arc<SessionName>, Position), LooseMatch>,
    unlisted: u64,
}

impl LooseMatches {
    pub(super) fn new(most: usize) -> LooseMatches {
        LooseMatches {
            most,
            kept: Mutex::default(),
        }
    }

    /// Counts one; says whether it is the first of its session with that exchange.
    pub(super) fn note(
        &self,
        session: &Arc<SessionName>,
        position: Position,
        describe: impl FnOnce() -> LooseMatch,
    ) -> Option<LooseMatch> {
        let mut kept = self.lock();
        let is_full = kept.matches.len() >= self.most;
        match kept.matches.entry((Arc::clone(session), position)) {
            Entry::Occupied(mut known) => known.get_mut().count += 1,
            Entry::Vacant(_) if is_full => kept.unlisted += 1,
            Entry::Vacant(place) => return Some(place.insert(describe()).clone()),
        }
        None
    }

    /// What is kept, by session and exchange, and how many requests are in none of it.
    pub(super) fn snapshot(&self) -> (Vec<LooseMatch>, u64) {
        let kept = self.lock();
        (kept.matches.values().cloned().collect(), kept.unlisted)
    }

    pub(super) fn clear(&self) {
        *self.lock() = Kept::default();
    }

    /// Matches are put in whole, so a panicking thread left nothing half-done.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where two redacted bodies differ, and how many places there are beyond those.
pub(super) fn told(recorded: &[u8], got: &[u8]) -> (Vec<String>, usize) {
    match (canonical(recorded, &[]), canonical(got, &[])) {
        (Some(recorded), Some(got)) => shown_differences(&recorded, &got, MOST_DIFFERENCES),
        // What is ignored may stand there twice.
        _ => {
            let told = format!(
                "the body, by its bytes: recorded {} bytes, got {} bytes",
                recorded.len(),
                got.len()
            );
            (vec![told], 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_counted_together_and_bounded() {
        let matches = LooseMatches::new(2);
        let note = |session: &str, position| {
            let session = Arc::new(session.parse::<SessionName>().unwrap());
            let describe = || LooseMatch {
                session: Arc::clone(&session),
                operation: Operation::AcknowledgeJob,
                exchange: u64::from(position) + 1,
                differences: vec![],
                more: 0,
                count: 1,
            };
            matches.note(&session, position, describe).is_some()
        };
        let news = [("b", 7), ("a", 9), ("b", 7), ("c", 7), ("a", 1), ("a", 9)];
        let news = news.map(|(session, position)| note(session, position));
        assert_eq!(news, [true, true, false, false, false, false]);
        let (list, unlisted) = matches.snapshot();
        let told: Vec<_> = list
            .iter()
            .map(|one| (one.session.as_str(), one.exchange, one.count))
            .collect();
        assert_eq!((told, unlisted), (vec![("a", 10, 2), ("b", 8, 2)], 2));
        matches.clear();
        assert_eq!(matches.snapshot(), (vec![], 0));
    }

    #[test]
    fn differences_without_one_meaning() {
        let (told, more) = told(br#"{"a":1}"#, br#"{"a":1,"b":1,"b":2}"#);
        assert_eq!(
            told,
            ["the body, by its bytes: recorded 7 bytes, got 19 bytes"]
        );
        assert_eq!(more, 0);
    }
}
