//! What was served, in order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::packed::Position;
use crate::name::SessionName;

/// Most entries kept: 1 MiB.
pub(super) const MOST_SERVED: usize = 65_536;

/// The last answers given.
#[derive(Debug)]
pub(super) struct ServedLog {
    most: usize,
    entries: Mutex<Entries>,
}

#[derive(Debug)]
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
    times: Times,
}

/// How often an exchange was played, and in the highest bit whether it was loosened: apart, they would take as much as
/// all the rest of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times(u32);

const LOOSENED: u32 = 1 << 31;

impl Entry {
    /// An exchange that was played so often by then, or never for an empty poll. It is loosened if it would not have
    /// matched if everything counted.
    fn new(session: Arc<SessionName>, position: Position, times: u32, is_loosened: bool) -> Entry {
        let loosened = if is_loosened { LOOSENED } else { 0 };
        Entry {
            session,
            position,
            times: Times(times.min(!LOOSENED) | loosened),
        }
    }

    /// How often it was played by then, as far as 2,147,483,647; 0 for an empty poll.
    pub(super) fn times(&self) -> u32 {
        self.times.0 & !LOOSENED
    }

    /// Whether it would not have matched if everything counted.
    pub(super) fn is_loosened(&self) -> bool {
        self.times.0 & LOOSENED != 0
    }
}

impl ServedLog {
    pub(super) fn new(most: usize) -> ServedLog {
        ServedLog {
            most,
            // At once: doubling would leave half as much again behind, and what is not written to takes no memory.
            entries: Mutex::new(Entries {
                kept: VecDeque::with_capacity(most),
                forgotten: 0,
            }),
        }
    }

    /// Notes what [`Entry::new`] takes.
    pub(super) fn push(
        &self,
        session: &Arc<SessionName>,
        position: Position,
        times: u32,
        is_loosened: bool,
    ) {
        let mut entries = self.lock();
        let mut oldest = None;
        if entries.kept.len() >= self.most {
            oldest = entries.kept.pop_front();
            entries.forgotten += 1;
        }
        // The name that goes is nearly always the one that comes: then nobody counts its users.
        let session = match oldest {
            Some(oldest) if Arc::ptr_eq(&oldest.session, session) => oldest.session,
            _ => Arc::clone(session),
        };
        let entry = Entry::new(session, position, times, is_loosened);
        entries.kept.push_back(entry);
    }

    /// What is kept, and how many earlier ones are not.
    pub(super) fn snapshot(&self) -> (Vec<Entry>, u64) {
        let entries = self.lock();
        (entries.kept.iter().cloned().collect(), entries.forgotten)
    }

    pub(super) fn clear(&self) {
        let mut entries = self.lock();
        entries.kept.clear();
        entries.forgotten = 0;
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
            log.push(&session, position, 1, false);
        }
        let (kept, forgotten) = log.snapshot();
        let positions: Vec<_> = kept.iter().map(|entry| entry.position).collect();
        assert_eq!((positions, forgotten), (vec![2, 3, 4], 2));
        log.clear();
        assert_eq!(log.snapshot(), (vec![], 0));
    }

    #[test]
    fn an_entry_is_small_and_tells_all() {
        assert_eq!(size_of::<Entry>(), 16);
        let most = u32::MAX >> 1;
        for (times, told) in [(0, 0), (1, 1), (most, most), (u32::MAX, most)] {
            for is_loosened in [false, true] {
                let entry = Entry::new(Arc::default(), 7, times, is_loosened);
                assert_eq!((entry.times(), entry.is_loosened()), (told, is_loosened));
            }
        }
    }
}
