//! A request on its way to upstream, until it is said what became of its exchange.

use std::sync::Arc;

use pipetape_core::Operation;
use pipetape_core::causes::with_causes;
use pipetape_tape::{AppendError, Fault};
use tracing::error;

use crate::tally::Tally;

/// Counts as open until it is told what became of the exchange. Dropped untold (a stop that cuts the call, or a panic),
/// the exchange counts as lost.
#[derive(Debug)]
pub(crate) struct Forwarded {
    tally: Arc<Tally>,
    is_told: bool,
}

impl Forwarded {
    pub(crate) fn begin(tally: &Arc<Tally>) -> Forwarded {
        tally.opened();
        Forwarded {
            tally: Arc::clone(tally),
            is_told: false,
        }
    }

    /// The exchange is durable.
    pub(crate) fn recorded(mut self, operation: &Operation, fault: Option<Fault>) {
        self.is_told = true;
        self.tally.recorded(operation, fault);
    }

    /// The exchange could not be written.
    pub(crate) fn unrecorded(mut self, error: &AppendError) {
        self.is_told = true;
        if self.tally.unrecorded() {
            error!(
                error = with_causes(error),
                "THE TAPE IS INCOMPLETE: this exchange and all later ones are forwarded but not recorded"
            );
        }
    }
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        if !self.is_told && self.tally.unrecorded() {
            error!("THE TAPE IS INCOMPLETE: a request was forwarded, and its exchange is lost");
        }
        self.tally.closed();
    }
}
