//! Where a session is on the tape.

use std::collections::HashMap;

use crate::player::config::Exhausted;
use crate::player::prepared::{Hashed, KeyGroup, Position, Schedule};

/// How often each key group was played.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cursors {
    /// By the position of a group's first exchange; a group that is not in it was never played.
    counts: HashMap<Position, u32, Hashed>,
    /// How many exchanges, from the tape's beginning on, were seen to be played: see
    /// [`Cursors::awaited`].
    begun: Position,
    /// How many different exchanges were played.
    pub(crate) different: usize,
}

impl Cursors {
    /// How often a group was played.
    pub(crate) fn played(&self, group: KeyGroup) -> u32 {
        self.counts.get(&group.first()).copied().unwrap_or(0)
    }

    /// The same, to be counted up.
    pub(crate) fn played_mut(&mut self, group: KeyGroup) -> &mut u32 {
        self.counts.entry(group.first()).or_insert(0)
    }

    /// The first exchange that the session has yet to play before the one at `at`.
    pub(crate) fn awaited(&mut self, schedule: &Schedule, at: Position) -> Option<Position> {
        let needs = schedule.needs(at);
        // What was played stays played, so each exchange is looked at once in a session.
        while self.begun < needs {
            if let Some((group, place)) = schedule.place(self.begun)
                && self.played(group) <= place
            {
                return Some(self.begun);
            }
            self.begun += 1;
        }
        None
    }

    /// Back to the beginning.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What comes next for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The exchange at `index` of the group.
    Play {
        index: usize,
        /// How often this session has played it, this time included.
        times: u32,
    },
    /// An empty list of jobs.
    EmptyPoll,
    /// Nothing is left.
    UsedUp,
}

/// Takes a step: `played` counts the plays of a group of `length` exchanges. There are none where all were polls
/// that are passed over.
pub(crate) fn turn(played: &mut u32, length: usize, exhausted: Exhausted, is_poll: bool) -> Turn {
    // A group is at most as long as a tape.
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let is_used_up = *played >= length;
    let (index, times) = match exhausted {
        _ if !is_used_up => (*played, 1),
        Exhausted::Auto if is_poll => return Turn::EmptyPoll,
        Exhausted::Auto | Exhausted::Error => return Turn::UsedUp,
        Exhausted::RepeatLast | Exhausted::Loop if length == 0 => return Turn::EmptyPoll,
        Exhausted::RepeatLast => (length - 1, (*played - length).saturating_add(2)),
        Exhausted::Loop => (*played % length, *played / length + 1),
    };
    *played = match played.checked_add(1) {
        Some(more) => more,
        // A loop continues where it is; only its count starts over.
        None if exhausted == Exhausted::Loop => {
            ((*played % length + 1) % length).saturating_add(length)
        }
        None => u32::MAX,
    };
    Turn::Play {
        index: index as usize,
        times,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(length: usize, exhausted: Exhausted, is_poll: bool) -> Vec<(usize, u32)> {
        let mut played = 0;
        (0..5)
            .map(|_| match turn(&mut played, length, exhausted, is_poll) {
                Turn::Play { index, times } => (index, times),
                Turn::EmptyPoll => (100, 0),
                Turn::UsedUp => (200, 0),
            })
            .collect()
    }

    #[test]
    fn policies() {
        let (empty, used_up) = ((100, 0), (200, 0));
        for (exhausted, is_poll, expected) in [
            (Exhausted::Auto, true, [(0, 1), (1, 1), empty, empty, empty]),
            (
                Exhausted::Auto,
                false,
                [(0, 1), (1, 1), used_up, used_up, used_up],
            ),
            (
                Exhausted::Error,
                true,
                [(0, 1), (1, 1), used_up, used_up, used_up],
            ),
            (
                Exhausted::RepeatLast,
                false,
                [(0, 1), (1, 1), (1, 2), (1, 3), (1, 4)],
            ),
            (
                Exhausted::Loop,
                true,
                [(0, 1), (1, 1), (0, 2), (1, 2), (0, 3)],
            ),
        ] {
            assert_eq!(turns(2, exhausted, is_poll), expected, "{exhausted:?}");
        }
    }

    #[test]
    fn a_loop_outlives_its_counter() {
        let mut played = u32::MAX - 1;
        let mut expected = played % 7;
        for _ in 0..10 {
            let Turn::Play { index, .. } = turn(&mut played, 7, Exhausted::Loop, false) else {
                panic!("a loop never ends");
            };
            assert_eq!(index as u32, expected);
            expected = (expected + 1) % 7;
        }
        let mut played = u32::MAX;
        let last = turn(&mut played, 7, Exhausted::RepeatLast, false);
        assert!(matches!(last, Turn::Play { index: 6, .. }), "{last:?}");
    }
}
