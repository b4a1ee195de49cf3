//! A tape made ready for playing. Nothing in it changes any more.

use std::fmt;

use pipetape_core::Operation;

use super::index::{Index, KeyGroup, KeyGroups};
use super::packed::{Packed, Position, Slot};
use crate::matching::Criteria;
use crate::name::TapeName;
use crate::redact::Redactor;

/// Exchanges, their groups, and what misses are explained from.
pub(crate) struct PreparedTape {
    pub(crate) name: TapeName,
    pub(crate) criteria: Criteria,
    pub(crate) redactor: Redactor,
    pub(crate) packed: Packed,
    pub(crate) index: Index,
    /// Only for strict order.
    pub(crate) schedule: Option<Schedule>,
}

impl PreparedTape {
    /// The first exchange of the key group whose first request this is, to the byte. Other requests are
    /// looked up by their match key.
    pub(crate) fn verbatim(&self, operation: &Operation, body: &[u8]) -> Option<Slot> {
        self.index.verbatim.first(operation, body)
    }
}

/// Without bodies: they do not belong in a log.
impl fmt::Debug for PreparedTape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedTape")
            .field("name", &self.name)
            .field("exchanges", &self.packed.len())
            .finish_non_exhaustive()
    }
}

/// What has to be played before each exchange.
#[derive(Debug)]
pub(crate) struct Schedule {
    steps: Vec<AwaitedStep>,
}

#[derive(Debug, Clone, Copy)]
struct AwaitedStep {
    /// How many exchanges, from the tape's beginning on, come first.
    needs: Position,
    /// Its group and its place there; `None` if it is never played.
    place: Option<(KeyGroup, u32)>,
}

impl Schedule {
    /// Of the exchanges in the tape's order: how many, from the beginning on, each of them needs.
    pub(crate) fn new(needs: &[Position], groups: &KeyGroups) -> Schedule {
        let step = |&needs| AwaitedStep { needs, place: None };
        let mut steps: Vec<_> = needs.iter().map(step).collect();
        for group in groups.all() {
            for (place, &at) in (0..).zip(groups.positions(group)) {
                steps[at as usize].place = Some((*group, place));
            }
        }
        Schedule { steps }
    }

    /// How many exchanges, from the tape's beginning on, are played before the one at `at`.
    pub(crate) fn needs(&self, at: Position) -> Position {
        self.steps[at as usize].needs
    }

    /// The group of the exchange at `at`, and its place there; `None` if it is never played.
    pub(crate) fn place(&self, at: Position) -> Option<(KeyGroup, u32)> {
        self.steps[at as usize].place
    }
}
