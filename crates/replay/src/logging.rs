//! What is said of a miss on the way.

use pipetape_core::Operation;
use pipetape_tape::{MissReport, Sighting};
use tracing::{debug, warn};

/// Logs a miss: once at warn, its repeats at debug. The message is redacted and bounded where it is made.
pub(crate) fn log_miss(report: &MissReport) {
    let miss = &report.miss;
    let operation = miss.operation.as_ref().map_or("-", Operation::name);
    let closest = miss.closest.as_ref().map(|closest| closest.seq);
    let (session, cause) = (miss.session.as_str(), miss.cause.name());
    match report.sighting {
        Sighting::First => warn!(
            session,
            operation,
            cause,
            closest,
            message_to_client = miss.message,
            "a request missed"
        ),
        Sighting::Again | Sighting::Unlisted => {
            debug!(session, operation, cause, closest, "a request missed again");
        }
    }
}
