//! Everything by which an exchange is found.

use pipetape_core::Operation;

use super::closest::Candidates;
use super::packed::Position;
use super::track::Tracks;
use super::verbatim::Verbatim;
use crate::matching::MatchKey;

/// Filled exchange by exchange, in the tape's order.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) tracks: Tracks,
    pub(super) verbatim: Verbatim,
    pub(super) candidates: Candidates,
}

/// What an exchange is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Play,
    /// To be known as recorded, and never played.
    PassOver,
}

impl Index {
    /// Takes the exchange at `position`, to be played or not: its operation, with the place that it has among the tape's
    /// operations, its key, and its request's body, redacted.
    pub(super) fn push(
        &mut self,
        position: Position,
        (operation_index, operation): (usize, &Operation),
        key: MatchKey,
        body: &[u8],
        usage: Use,
    ) {
        let begun = match usage {
            Use::Play => self.tracks.push(key, position),
            Use::PassOver => self.tracks.pass_over(key, position),
        };
        if let Some(track) = begun {
            self.verbatim.push(operation, body, track);
            self.candidates.push(operation_index, position);
        }
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.tracks.shrink_to_fit();
        self.verbatim.shrink_to_fit();
        self.candidates.shrink_to_fit();
    }
}
