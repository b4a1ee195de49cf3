//! What was served, in order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::packed::Position;
use crate::name::SessionName;

/// Most entries kept; about 2 MB.
pub(super) const MOST_SERVED: usize = 65_536;

/// The last answers given.
#[derive(Debug)]
pub(super) struct ServedLog {
    most: usize,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    kept: VecDeque<Entry>,
    forgotten: u64,
}

/// One answer, small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) session: Arc<SessionName>,
    /// The exchange played; where the poll was answered without one, the last one of its track.
    pub(super) position: Position,
    /// How often it was played by then; 0 for an empty poll.
    pub(super) times: u32,
    /// Whether it would not have matched if everything counted.
    pub(super) is_loosened: bool,
}

impl ServedLog {
    pub(super) fn new(most: usize) -> ServedLog {
        ServedLog {
            most,
            entries: Mutex::default(),
        }
    }

    pub(super) fn push(&self, entry: Entry) {
        let mut entries = self.lock();
        if entries.kept.len() >= self.most {
            entries.kept.pop_front();
            entries.forgotten += 1;
        }
        entries.kept.push_back(entry);
    }

    /// What is kept, and how many earlier ones are not.
    pub(super) fn snapshot(&self) -> (Vec<Entry>, u64) {
        let entries = self.lock();
        (entries.kept.iter().cloned().collect(), entries.forgotten)
    }

    pub(super) fn clear(&self) {
        *self.lock() = Entries::default();
    }

    /// Entries are pushed whole, so a panicking thread left nothing half-done.
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept() {
        let log = ServedLog::new(3);
        let session = Arc::new(SessionName::default());
        for position in 0..5 {
            log.push(Entry {
                session: Arc::clone(&session),
                position,
                times: 1,
                is_loosened: false,
            });
        }
        let (kept, forgotten) = log.snapshot();
        let positions: Vec<_> = kept.iter().map(|entry| entry.position).collect();
        assert_eq!((positions, forgotten), (vec![2, 3, 4], 2));
        log.clear();
        assert_eq!(log.snapshot(), (vec![], 0));
    }
}
