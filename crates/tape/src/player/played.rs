//! Which exchanges were played by any session.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::packed::Position;

/// One bit for each exchange, twice: since the start, and since the last reset of everything.
#[derive(Debug)]
pub(super) struct PlayedSet {
    ever: Vec<AtomicU64>,
    since_reset: Vec<AtomicU64>,
    /// How many exchanges that can be played never were.
    never: AtomicUsize,
}

impl PlayedSet {
    /// Room for `length` exchanges, `playable` of which can be played, and none was.
    pub(super) fn new(length: usize, playable: usize) -> PlayedSet {
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

    pub(super) fn mark(&self, position: Position) {
        // What was played since the reset was played since the start.
        if set(&self.since_reset, position) && set(&self.ever, position) {
            self.never.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether it was played since the last reset.
    pub(super) fn contains(&self, position: Position) -> bool {
        let (word, bit) = place(position);
        self.since_reset[word].load(Ordering::Relaxed) & bit != 0
    }

    pub(super) fn never(&self) -> usize {
        self.never.load(Ordering::Relaxed)
    }

    pub(super) fn reset(&self) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
