//! Everything by which an exchange is found.

use pipetape_core::Operation;

use super::closest::Candidates;
use super::packed::Put;
use super::track::Tracks;
use super::verbatim::{Spot, Verbatim};
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
    /// Takes an exchange, to be played or not: where it was put, its operation, its key, and its request's body, redacted.
    pub(super) fn push(
        &mut self,
        put: Put,
        operation: &Operation,
        key: MatchKey,
        body: &[u8],
        usage: Use,
    ) {
        let begun = match usage {
            Use::Play => self.tracks.push(key, put.position),
            Use::PassOver => self.tracks.pass_over(key, put.position),
        };
        if let Some(track) = begun {
            let first = put.address;
            self.verbatim.push(operation, body, Spot { track, first });
            self.candidates.push(put.operation, put.position);
        }
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.tracks.shrink_to_fit();
        self.verbatim.shrink_to_fit();
        self.candidates.shrink_to_fit();
    }
}
