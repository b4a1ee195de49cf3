//! An exchange on its way to a tape.

use pipetape_core::Operation;

use crate::exchange::{Exchange, Outcome, RecordedRequest, UnixMillis};

/// An [`Exchange`] that has no place on a tape yet: everything but its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExchange {
    /// See [`Exchange::after`].
    pub after: Option<u64>,
    /// See [`Exchange::operation`].
    pub operation: Operation,
    /// See [`Exchange::recorded_at`].
    pub recorded_at: Option<UnixMillis>,
    /// See [`Exchange::latency_ms`].
    pub latency_ms: Option<u64>,
    /// See [`Exchange::request`].
    pub request: RecordedRequest,
    /// See [`Exchange::outcome`].
    pub outcome: Outcome,
}

impl NewExchange {
    /// Gives it its number.
    pub fn numbered(self, seq: u64) -> Exchange {
        Exchange {
            seq,
            after: self.after,
            operation: self.operation,
            recorded_at: self.recorded_at,
            latency_ms: self.latency_ms,
            request: self.request,
            outcome: self.outcome,
        }
    }
}
