//! What a session asked about jobs, in order: what findings are read from.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pipetape_core::Operation;

use crate::findings::{Asked, Invocation};
use crate::player::prepared::Position;

/// Quota for one session's notes, in units of 16 bytes: 1 MiB.
const MOST_OF_ONE: usize = 65_536;
/// Quota for all sessions' notes together: 32 MiB.
pub(crate) const MOST_OF_ALL: usize = 2 * 1024 * 1024;
/// How much a session's notes take at a time.
const BLOCK: usize = 64;
/// From how many notes on memory is reserved for as many as there can be.
const MANY: usize = 4096;
/// What a note with members of its own weighs: two labels of about 150 bytes, and their pointers.
const HEAVY: usize = 28;

/// Something that happened in a session.
#[derive(Debug, Clone)]
pub(crate) enum Note {
    /// A request that matched as a whole: what it asked is on the tape.
    Played {
        position: Position,
        invocation: Option<Invocation>,
    },
    /// Any other request.
    Sent(Arc<Sent>),
    /// The session went back to the tape's beginning.
    StartOver,
}

/// A request that missed or matched loosely.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) operation: Operation,
    pub(crate) asked: Asked,
    /// The exchange that answered it; `None` where it missed.
    pub(crate) position: Option<Position>,
    pub(crate) invocation: Option<Invocation>,
}

/// What the notes of all sessions of a player have left.
#[derive(Debug)]
pub(crate) struct Quota(AtomicUsize);

/// The first notes of a session. Once the quota is used up, no more are taken, so that
/// they have no gap.
#[derive(Debug)]
pub(crate) struct Notes {
    list: Vec<Note>,
    quota: Arc<Quota>,
    taken: usize,
    used: usize,
    /// Notes beyond the quota.
    missing: u64,
}

impl Quota {
    pub(crate) fn new(units: usize) -> Quota {
        Quota(AtomicUsize::new(units))
    }

    fn take(&self, units: usize) -> bool {
        let less = |left: usize| left.checked_sub(units);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    fn give_back(&self, units: usize) {
        self.0.fetch_add(units, Ordering::Relaxed);
    }
}

impl Notes {
    pub(crate) fn new(quota: Arc<Quota>) -> Notes {
        Notes {
            list: Vec::new(),
            quota,
            taken: 0,
            used: 0,
            missing: 0,
        }
    }

    /// Takes a note. A poll that is answered as the one just before says nothing new.
    pub(crate) fn push(&mut self, note: Note, is_poll: bool) {
        let same = |last: &Note| matches!((last, &note), (Note::Played { position: last, .. }, Note::Played { position, .. }) if last == position);
        if is_poll && self.list.last().is_some_and(same) {
            return;
        }
        let weight = match note {
            Note::Sent(_) => HEAVY,
            Note::Played { .. } | Note::StartOver => 1,
        };
        // What comes after a gap can't be judged.
        if self.missing > 0 || !self.make_room(weight) {
            self.missing += u64::from(!matches!(note, Note::StartOver));
            return;
        }
        self.used += weight;
        self.list.push(note);
    }

    /// The notes, and how many are missing after them.
    pub(crate) fn snapshot(&self) -> (Vec<Note>, u64) {
        (self.list.clone(), self.missing)
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Notes::new(Arc::clone(&self.quota));
    }

    fn make_room(&mut self, weight: usize) -> bool {
        let needed = self.used + weight;
        if needed <= self.taken {
            return true;
        }
        if needed > MOST_OF_ONE || !self.quota.take(BLOCK) {
            return false;
        }
        self.taken += BLOCK;
        // Growing by doubling keeps half as much again; unused pages take no memory.
        if self.list.len() >= MANY {
            self.list.reserve_exact(MOST_OF_ONE - self.list.len());
        }
        true
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        self.quota.give_back(self.taken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(position: Position) -> Note {
        Note::Played {
            position,
            invocation: None,
        }
    }

    fn sent() -> Note {
        Note::Sent(Arc::new(Sent {
            operation: Operation::AcknowledgeJob,
            asked: Asked::of(b"{}"),
            position: None,
            invocation: None,
        }))
    }

    #[test]
    fn a_note_is_as_small_as_it_is_counted() {
        assert_eq!(size_of::<Note>(), 16);
        // Two labels of 110 shown bytes at most.
        assert!(16 + size_of::<Sent>() + 2 * 120 <= HEAVY * 16);
    }

    #[test]
    fn the_first_notes_are_kept() {
        let quota = Arc::new(Quota::new(MOST_OF_ALL));
        let mut notes = Notes::new(Arc::clone(&quota));
        for position in 0..MOST_OF_ONE as u32 + 5 {
            notes.push(played(position), false);
        }
        let (list, missing) = notes.snapshot();
        assert_eq!((list.len(), missing), (MOST_OF_ONE, 5));
        assert!(matches!(list[0], Note::Played { position: 0, .. }));
        notes.clear();
        assert_eq!(quota.0.load(Ordering::Relaxed), MOST_OF_ALL);
        notes.push(played(1), false);
        assert_eq!((notes.snapshot().0.len(), notes.snapshot().1), (1, 0));
    }

    #[test]
    fn sessions_share_the_room_and_give_it_back() {
        let quota = Arc::new(Quota::new(2 * BLOCK));
        let mut first = Notes::new(Arc::clone(&quota));
        let mut second = Notes::new(Arc::clone(&quota));
        for _ in 0..5 {
            first.push(sent(), false);
        }
        // 28 units each, and blocks are whole.
        assert_eq!((first.snapshot().0.len(), first.snapshot().1), (4, 1));
        second.push(played(1), false);
        second.push(Note::StartOver, false);
        assert_eq!((second.snapshot().0.len(), second.snapshot().1), (0, 1));
        drop(first);
        // It has a gap already.
        second.push(played(2), false);
        assert_eq!((second.snapshot().0.len(), second.snapshot().1), (0, 2));
        let mut third = Notes::new(quota);
        third.push(played(1), false);
        assert_eq!(third.snapshot().1, 0);
    }

    #[test]
    fn a_poll_repeated_is_noted_once() {
        let mut notes = Notes::new(Arc::new(Quota::new(BLOCK)));
        for (position, is_poll) in [(1, true), (1, true), (2, false), (2, false), (1, true)] {
            notes.push(played(position), is_poll);
        }
        assert_eq!(notes.snapshot().0.len(), 4);
    }
}
