//! What was served: the last answers in order, which exchanges were played, and how many requests there were.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pipetape_core::Operation;

use crate::name::SessionName;
use crate::player::prepared::Position;

/// Most entries kept: 1 MiB.
pub(crate) const MOST_SERVED: usize = 65_536;

/// The last answers given.
#[derive(Debug)]
pub(crate) struct ServedLog {
    most: usize,
    entries: Mutex<Entries>,
}

#[derive(Debug)]
struct Entries {
    kept: VecDeque<ServedEntry>,
    forgotten: u64,
}

/// One answer, small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServedEntry {
    pub(crate) session: Arc<SessionName>,
    /// The exchange played; where the poll was answered without one, the last one of its group.
    pub(crate) position: Position,
    times: Times,
}

/// How often an exchange was played, and in the highest bit whether it was loosened: apart, they would take as much as
/// all the rest of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times(u32);

const LOOSENED: u32 = 1 << 31;

impl ServedEntry {
    /// An exchange that was played so often by then, or never for an empty poll. It is loosened if it would not have
    /// matched if everything counted.
    fn new(
        session: Arc<SessionName>,
        position: Position,
        times: u32,
        is_loosened: bool,
    ) -> ServedEntry {
        let loosened = if is_loosened { LOOSENED } else { 0 };
        ServedEntry {
            session,
            position,
            times: Times(times.min(!LOOSENED) | loosened),
        }
    }

    /// How often it was played by then, as far as 2,147,483,647; 0 for an empty poll.
    pub(crate) fn times(&self) -> u32 {
        self.times.0 & !LOOSENED
    }

    /// Whether it would not have matched if everything counted.
    pub(crate) fn is_loosened(&self) -> bool {
        self.times.0 & LOOSENED != 0
    }
}

impl ServedLog {
    pub(crate) fn new(most: usize) -> ServedLog {
        ServedLog {
            most,
            // All at once: growing by doubling keeps half as much again, and unused pages take no memory.
            entries: Mutex::new(Entries {
                kept: VecDeque::with_capacity(most),
                forgotten: 0,
            }),
        }
    }

    /// Notes what [`ServedEntry::new`] takes.
    pub(crate) fn push(
        &self,
        session: &Arc<SessionName>,
        position: Position,
        times: u32,
        is_loosened: bool,
    ) {
        let mut entries = self.lock();
        if entries.kept.len() >= self.most {
            entries.kept.pop_front();
            entries.forgotten += 1;
        }
        let entry = ServedEntry::new(Arc::clone(session), position, times, is_loosened);
        entries.kept.push_back(entry);
    }

    /// What is kept, and how many earlier ones are not.
    pub(crate) fn snapshot(&self) -> (Vec<ServedEntry>, u64) {
        let entries = self.lock();
        (entries.kept.iter().cloned().collect(), entries.forgotten)
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.lock();
        entries.kept.clear();
        entries.forgotten = 0;
    }

    /// Entries are pushed whole, so a panicking thread left nothing half-done.
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One bit for each exchange, twice: since the start, and since the last reset of everything.
#[derive(Debug)]
pub(crate) struct PlayedSet {
    ever: Vec<AtomicU64>,
    since_reset: Vec<AtomicU64>,
    /// How many exchanges that can be played never were.
    never: AtomicUsize,
}

impl PlayedSet {
    /// Quota for `length` exchanges, `playable` of which can be played, and none was.
    pub(crate) fn new(length: usize, playable: usize) -> PlayedSet {
        let zeros = || {
            std::iter::repeat_with(AtomicU64::default)
                .take(length.div_ceil(64))
                .collect()
        };
        PlayedSet {
            ever: zeros(),
            since_reset: zeros(),
            never: AtomicUsize::new(playable),
        }
    }

    pub(crate) fn mark(&self, position: Position) {
        // What was played since the reset was played since the start.
        if set(&self.since_reset, position) && set(&self.ever, position) {
            self.never.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether it was played since the last reset.
    pub(crate) fn contains(&self, position: Position) -> bool {
        let (word, bit) = place(position);
        self.since_reset[word].load(Ordering::Relaxed) & bit != 0
    }

    pub(crate) fn never(&self) -> usize {
        self.never.load(Ordering::Relaxed)
    }

    pub(crate) fn reset(&self) {
        for word in &self.since_reset {
            word.store(0, Ordering::Relaxed);
        }
    }
}

/// Says whether the bit is new.
fn set(words: &[AtomicU64], position: Position) -> bool {
    let (word, bit) = place(position);
    // Most plays find the bit set already; reading leaves the other cores their copy.
    words[word].load(Ordering::Relaxed) & bit == 0
        && words[word].fetch_or(bit, Ordering::Relaxed) & bit == 0
}

fn place(position: Position) -> (usize, u64) {
    (position as usize / 64, 1 << (position % 64))
}

/// All known operations, then the unknown ones together, then none at all.
const COUNTERS: usize = Operation::ALL.len() + 2;

/// One counter for each operation.
#[derive(Debug)]
pub(crate) struct ByOperation([AtomicU64; COUNTERS]);

impl ByOperation {
    pub(crate) fn new() -> ByOperation {
        ByOperation(std::array::from_fn(|_| AtomicU64::new(0)))
    }

    pub(crate) fn add(&self, operation: Option<&Operation>) {
        let at = match operation {
            // `ALL` is in the type's own order.
            Some(known) => Operation::ALL.binary_search(known).unwrap_or(COUNTERS - 2),
            None => COUNTERS - 1,
        };
        self.0[at].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn total(&self) -> u64 {
        self.0
            .iter()
            .map(|counter| counter.load(Ordering::Relaxed))
            .sum()
    }

    /// Names and counts, without the zeros.
    pub(crate) fn counts(&self) -> Vec<(&'static str, u64)> {
        let names = Operation::ALL.iter().map(Operation::name);
        names
            .chain(["other", "none"])
            .zip(&self.0)
            .map(|(name, counter)| (name, counter.load(Ordering::Relaxed)))
            .filter(|(_, count)| *count > 0)
            .collect()
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
        assert_eq!(size_of::<ServedEntry>(), 16);
        let most = u32::MAX >> 1;
        for (times, told) in [(0, 0), (1, 1), (most, most), (u32::MAX, most)] {
            for is_loosened in [false, true] {
                let entry = ServedEntry::new(Arc::default(), 7, times, is_loosened);
                assert_eq!((entry.times(), entry.is_loosened()), (told, is_loosened));
            }
        }
    }

    #[test]
    fn a_reset_forgets_and_the_count_does_not() {
        let set = PlayedSet::new(65, 65);
        for position in [0, 64, 64] {
            set.mark(position);
        }
        assert_eq!(set.never(), 63);
        assert!(set.contains(64) && !set.contains(63));
        set.reset();
        assert!(!set.contains(64));
        set.mark(64);
        assert!(set.contains(64));
        assert_eq!(set.never(), 63);
        assert_eq!(PlayedSet::new(0, 0).never(), 0);
    }

    #[test]
    fn every_operation_has_its_counter() {
        let counters = ByOperation::new();
        for operation in Operation::ALL {
            counters.add(Some(operation));
        }
        for name in ["Future", "future"] {
            counters.add(Some(&Operation::from_name(name).unwrap()));
        }
        counters.add(None);
        assert_eq!(counters.total(), 47);
        let counts = counters.counts();
        assert_eq!(counts.len(), COUNTERS);
        assert!(counts[..44].iter().all(|(_, count)| *count == 1));
        assert_eq!(counts[44..], [("other", 2), ("none", 1)]);
    }
}
