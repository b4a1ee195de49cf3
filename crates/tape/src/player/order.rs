//! In which order a session may play a tape.

use super::packed::Position;
use super::session::Cursors;
use super::track::{Track, Tracks};

/// In which order requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Order {
    /// Recorded order among equal requests, any order among different ones.
    #[default]
    Keyed,
    /// Only orders that could have been recorded: an exchange is played once every exchange with a number up to its
    /// [`after`](crate::Exchange::after) was played in the session. One without `after`, as on a tape written by
    /// hand, comes behind all that stand before it.
    Strict,
}

/// What has to be played before each exchange.
#[derive(Debug)]
pub(super) struct Schedule {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    /// How many exchanges, from the tape's beginning on, come first.
    needs: Position,
    /// Its track and its place there; `None` where it is never played.
    stands: Option<(Track, u32)>,
}

impl Schedule {
    /// Of the exchanges in the tape's order: how many, from the beginning on, each of them needs.
    pub(super) fn new(needs: &[Position], tracks: &Tracks) -> Schedule {
        let step = |&needs| Step {
            needs,
            stands: None,
        };
        let mut steps: Vec<_> = needs.iter().map(step).collect();
        for track in tracks.all() {
            for (place, &at) in (0..).zip(tracks.positions(track)) {
                steps[at as usize].stands = Some((*track, place));
            }
        }
        Schedule { steps }
    }

    /// The first exchange that a session has yet to play before the one at `at`.
    pub(super) fn awaited(&self, cursors: &mut Cursors, at: Position) -> Option<Position> {
        let needs = self.steps[at as usize].needs;
        // What was played stays played, so each exchange is looked at once in a session.
        while cursors.begun < needs {
            if let Some((track, place)) = self.steps[cursors.begun as usize].stands
                && cursors.played(track) <= place
            {
                return Some(cursors.begun);
            }
            cursors.begun += 1;
        }
        None
    }
}
