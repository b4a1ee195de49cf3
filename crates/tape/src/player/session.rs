//! One play-through of a tape.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::notes::{Notes, Room};
use super::packed::Position;
use super::track::{Hashed, Track};
use crate::name::SessionName;

/// From which share of a tape's exchanges on a list of all is no larger than a table of some.
const ONE_IN: usize = 4;

/// How often each track was played.
#[derive(Debug, Clone)]
pub(super) struct Cursors {
    counts: Counts,
    /// Exchanges on the tape.
    length: usize,
    /// How many exchanges, from the tape's beginning on, were seen to be played: see
    /// [`Schedule`](super::order::Schedule).
    pub(super) begun: Position,
    /// How many different exchanges were played.
    pub(super) different: usize,
}

/// By the position of a track's first exchange.
#[derive(Debug, Clone)]
enum Counts {
    /// What is not in it was never played.
    Some(HashMap<Position, u32, Hashed>),
    All(Vec<u32>),
}

impl Cursors {
    /// The beginning of a tape of `length` exchanges.
    pub(super) fn new(length: usize) -> Cursors {
        Cursors {
            counts: Counts::Some(HashMap::default()),
            length,
            begun: 0,
            different: 0,
        }
    }

    /// How often a track was played.
    pub(super) fn played(&self, track: Track) -> u32 {
        let first = track.first();
        match &self.counts {
            Counts::Some(counts) => counts.get(&first).copied().unwrap_or(0),
            Counts::All(counts) => counts[first as usize],
        }
    }

    /// The same, to be counted up.
    pub(super) fn played_mut(&mut self, track: Track) -> &mut u32 {
        if let Counts::Some(counts) = &self.counts
            && counts.len() >= self.length / ONE_IN
        {
            let mut all = vec![0; self.length];
            for (&first, &count) in counts {
                all[first as usize] = count;
            }
            self.counts = Counts::All(all);
        }
        match &mut self.counts {
            Counts::Some(counts) => counts.entry(track.first()).or_insert(0),
            Counts::All(counts) => &mut counts[track.first() as usize],
        }
    }

    /// Back to the beginning.
    pub(super) fn clear(&mut self) {
        *self = Cursors::new(self.length);
    }
}

/// One session: what changes with its requests has one lock.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) name: Arc<SessionName>,
    /// When it was last asked for, on the clock of its [`Sessions`](super::sessions::Sessions).
    pub(super) last_used: AtomicU64,
    course: Mutex<Course>,
}

/// How far a session is, and how it came there.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) cursors: Cursors,
    /// What it asked about jobs.
    pub(super) notes: Notes,
    /// Requests answered; no reset of the session lowers it.
    pub(super) served: u64,
    /// Those of them that matched only because something did not count.
    pub(super) loosened: u64,
}

impl Session {
    /// A session at the beginning of a tape of `length` exchanges.
    pub(super) fn new(name: SessionName, length: usize, room: Arc<Room>) -> Session {
        Session {
            name: Arc::new(name),
            last_used: AtomicU64::new(0),
            course: Mutex::new(Course {
                cursors: Cursors::new(length),
                notes: Notes::new(room),
                served: 0,
                loosened: 0,
            }),
        }
    }

    /// For one step. What a panicking thread left behind is whole: each step is some numbers, and notes are pushed whole.
    pub(super) fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Course {
    /// Back to before the first request.
    pub(super) fn clear(&mut self) {
        self.cursors.clear();
        self.notes.clear();
        self.served = 0;
        self.loosened = 0;
    }
}

#[cfg(test)]
mod tests {
    use pipetape_core::Operation;

    use super::*;
    use crate::matching::MatchKey;
    use crate::player::track::Tracks;

    #[test]
    fn counts_survive_the_change_of_form() {
        let key = |name: u8| MatchKey::of(&Operation::PollForJobs, &[name], &[]);
        let mut tracks = Tracks::default();
        for name in 0..100 {
            tracks.push(key(name), Position::from(name));
        }
        let mut cursors = Cursors::new(100);
        for step in 0..100 {
            for name in 0..=step {
                *cursors.played_mut(tracks.of(&key(name)).unwrap()) += 1;
            }
            assert_eq!(matches!(cursors.counts, Counts::All(_)), step >= 25);
        }
        for name in 0..100 {
            let played = cursors.played(tracks.of(&key(name)).unwrap());
            assert_eq!(played, 100 - u32::from(name));
        }
        cursors.clear();
        assert_eq!(cursors.played(tracks.of(&key(7)).unwrap()), 0);
    }
}
