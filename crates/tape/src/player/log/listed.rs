//! Different things that happened, each listed once and counted: misses, and loose matches.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pipetape_core::Operation;
use serde::Serialize;

use crate::matching::{MatchKey, canonical, shown_differences};
use crate::name::SessionName;
use crate::player::miss::{MOST_DIFFERENCES, Miss, Novelty};
use crate::player::prepared::Position;

/// Most different misses listed; with the longest messages about 8 MB.
pub(crate) const MOST_MISSES: usize = 1000;
/// Most different loose matches listed; with the longest differences about 3 MB.
pub(crate) const MOST_LOOSE_MATCHES: usize = 1000;

/// The different misses.
pub(crate) type MissLog = Listed<MissId, Arc<Miss>>;
/// The different loose matches.
pub(crate) type LooseMatchLog = Listed<(Arc<SessionName>, Position), LooseMatch>;

/// Things of one kind, in the order in which they first happened. Each has an identity, and is
/// described when it happens for the first time. Those that find the list full are only counted.
#[derive(Debug)]
pub(crate) struct Listed<Id, Thing> {
    most: usize,
    list: Mutex<List<Id, Thing>>,
}

#[derive(Debug)]
struct List<Id, Thing> {
    /// Each with how often it happened.
    things: Vec<(Thing, u64)>,
    indices: HashMap<Id, usize>,
    unlisted: u64,
}

/// What makes two misses the same: the session and the request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct MissId {
    pub(crate) session: String,
    pub(crate) request: MissedRequest,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum MissedRequest {
    Keyed {
        key: MatchKey,
        /// What has to be played first.
        awaited: Option<Position>,
    },
    /// One that can't be looked up, by its message, which says everything about it.
    Refused(String),
}

/// Requests of one session that matched an exchange only because something did not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LooseMatch {
    /// Whose requests.
    pub session: Arc<SessionName>,
    /// What they asked for.
    pub operation: Operation,
    /// The number of the exchange they matched.
    pub exchange: u64,
    /// Where the first of them differs, as in [`Closest::differences`](crate::Closest::differences); redacted.
    pub differences: Vec<String>,
    /// How many further places differ.
    pub more: usize,
    /// How many requests there were.
    pub count: u64,
}

impl<Id: Eq + Hash, Thing: Clone> Listed<Id, Thing> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            list: Mutex::default(),
        }
    }

    /// Counts a thing. It is described without the lock, as that may take a while, and only if it is
    /// new: what is the same in its identity has the same description. `None` if the list is full.
    pub(crate) fn note(
        &self,
        id: Id,
        describe: impl FnOnce() -> Thing,
    ) -> (Option<Thing>, Novelty) {
        if let Some(known) = self.count_known(&id) {
            return known;
        }
        let thing = describe();
        // Another thread may have been quicker.
        if let Some(known) = self.count_known(&id) {
            return known;
        }
        let mut list = self.lock();
        let index = list.things.len();
        list.indices.insert(id, index);
        list.things.push((thing.clone(), 1));
        (Some(thing), Novelty::First)
    }

    /// Counts what is in the list, and what finds it full.
    fn count_known(&self, id: &Id) -> Option<(Option<Thing>, Novelty)> {
        let mut list = self.lock();
        let index = list.indices.get(id).copied();
        if let Some((thing, count)) = index.and_then(|index| list.things.get_mut(index)) {
            *count += 1;
            return Some((Some(thing.clone()), Novelty::Again));
        }
        if list.things.len() < self.most {
            return None;
        }
        list.unlisted += 1;
        Some((None, Novelty::Unlisted))
    }

    /// The list, each thing with how often it happened, and how many happened that are not in it.
    pub(crate) fn snapshot(&self) -> (Vec<(Thing, u64)>, u64) {
        let list = self.lock();
        (list.things.clone(), list.unlisted)
    }

    pub(crate) fn clear(&self) {
        *self.lock() = List::default();
    }

    /// A panicking thread leaves at worst a thing in the list that is not found again.
    fn lock(&self) -> MutexGuard<'_, List<Id, Thing>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Id, Thing> Default for List<Id, Thing> {
    fn default() -> Self {
        Self {
            things: Vec::new(),
            indices: HashMap::new(),
            unlisted: 0,
        }
    }
}

/// Where two redacted bodies differ, and how many places there are beyond those.
pub(crate) fn differences(recorded: &[u8], got: &[u8]) -> (Vec<String>, usize) {
    match (canonical(recorded, &[]), canonical(got, &[])) {
        (Some(recorded), Some(got)) => shown_differences(&recorded, &got, MOST_DIFFERENCES),
        // A member that is ignored may be there twice.
        _ => {
            let lengths = format!(
                "the body, by its bytes: recorded {} bytes, got {} bytes",
                recorded.len(),
                got.len()
            );
            (vec![lengths], 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_things_are_counted_together_and_bounded() {
        use Novelty::{Again, First, Unlisted};
        let listed = Listed::new(2);
        let note = |name: &'static str| listed.note(name, || name);
        for (name, thing, novelty) in [
            ("b", Some("b"), First),
            ("b", Some("b"), Again),
            ("a", Some("a"), First),
            ("c", None, Unlisted),
            ("c", None, Unlisted),
            ("b", Some("b"), Again),
        ] {
            assert_eq!(note(name), (thing, novelty), "{name}");
        }
        assert_eq!(listed.snapshot(), (vec![("b", 3), ("a", 1)], 2));
        listed.clear();
        assert_eq!(note("c"), (Some("c"), First));
    }

    #[test]
    fn differences_without_one_meaning() {
        let (differences, more) = differences(br#"{"a":1}"#, br#"{"a":1,"b":1,"b":2}"#);
        assert_eq!(
            differences,
            ["the body, by its bytes: recorded 7 bytes, got 19 bytes"]
        );
        assert_eq!(more, 0);
    }
}
