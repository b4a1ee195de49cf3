//! A tape made ready for playing. Nothing in it changes any more.

use std::fmt;

use pipetape_core::Operation;

use super::index::Index;
use super::listing::{RecordedAnswer, Unplayed};
use super::miss::{Closest, Miss, MissCause, Refusal};
use super::miss_message;
use super::order::Schedule;
use super::packed::{Packed, Position};
use super::track::Track;
use super::verbatim::Spot;
use crate::matching::Criteria;
use crate::name::TapeName;
use crate::redact::Redactor;

/// Exchanges, their tracks, and what misses are explained from.
pub(super) struct PreparedTape {
    pub(super) name: TapeName,
    pub(super) criteria: Criteria,
    pub(super) redactor: Redactor,
    pub(super) packed: Packed,
    pub(super) index: Index,
    /// Only for strict order.
    pub(super) schedule: Option<Schedule>,
}

impl PreparedTape {
    pub(super) fn new(
        name: TapeName,
        criteria: Criteria,
        redactor: Redactor,
        packed: Packed,
        index: Index,
        schedule: Option<Schedule>,
    ) -> PreparedTape {
        PreparedTape {
            name,
            criteria,
            redactor,
            packed,
            index,
            schedule,
        }
    }

    /// The track of a request that was recorded to the byte; other requests are to be looked up by their key.
    pub(super) fn verbatim(&self, operation: &Operation, body: &[u8]) -> Option<Spot> {
        self.index.verbatim.spot(operation, body)
    }

    /// The exchange of an unplayed position, for a listing.
    pub(super) fn unplayed(&self, at: Position) -> Unplayed {
        Unplayed {
            seq: self.packed.record(at).seq,
            operation: self.packed.operation(at).clone(),
            answer: RecordedAnswer::at(&self.packed, at),
        }
    }

    /// The miss of a request whose key is not on the tape.
    pub(super) fn never_recorded(
        &self,
        session: &str,
        operation: &Operation,
        redacted_body: &[u8],
    ) -> Miss {
        let closest =
            self.index
                .candidates
                .closest(&self.packed, &self.criteria, operation, redacted_body);
        let message = miss_message::never_recorded(
            &self.name,
            session,
            operation,
            self.packed.operations(),
            closest.as_ref(),
        );
        Miss {
            session: session.to_owned(),
            operation: Some(operation.clone()),
            cause: MissCause::NeverRecorded,
            closest,
            message,
        }
    }

    /// The miss of a request whose track is played to its end.
    pub(super) fn used_up(&self, session: &str, operation: &Operation, track: Track) -> Miss {
        let positions = self.index.tracks.positions(&track);
        let last = positions.last().copied().unwrap_or(track.first());
        let seq = self.packed.record(last).seq;
        let message = miss_message::used_up(&self.name, session, operation, positions.len(), seq);
        Miss {
            session: session.to_owned(),
            operation: Some(operation.clone()),
            cause: MissCause::UsedUp,
            closest: Some(Closest {
                seq,
                differences: Vec::new(),
                more: 0,
            }),
            message,
        }
    }

    /// The miss of a request whose exchange at `at` comes behind the one at `awaited`.
    pub(super) fn not_yet(
        &self,
        session: &str,
        operation: &Operation,
        at: Position,
        awaited: Position,
    ) -> Miss {
        let seq = self.packed.record(at).seq;
        let first = (
            self.packed.record(awaited).seq,
            self.packed.operation(awaited),
        );
        Miss {
            session: session.to_owned(),
            operation: Some(operation.clone()),
            cause: MissCause::NotYet,
            closest: Some(Closest {
                seq,
                differences: Vec::new(),
                more: 0,
            }),
            message: miss_message::not_yet(&self.name, session, operation, seq, first),
        }
    }

    /// The miss of a request that can't be looked up.
    pub(super) fn refused(
        &self,
        session: &str,
        operation: Option<&Operation>,
        refusal: &Refusal,
    ) -> Miss {
        Miss {
            session: session.to_owned(),
            operation: operation.cloned(),
            cause: match refusal {
                Refusal::BadSession(_) => MissCause::NoSession,
                Refusal::NoTarget | Refusal::ManyTargets | Refusal::BadTarget { .. } => {
                    MissCause::NoOperation
                }
            },
            closest: None,
            message: miss_message::refused(&self.name, session, refusal, &self.redactor),
        }
    }
}

/// Bodies are nobody's business in a log.
impl fmt::Debug for PreparedTape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedTape")
            .field("name", &self.name)
            .field("exchanges", &self.packed.len())
            .finish_non_exhaustive()
    }
}
