//! What is said of requests on the way.

use std::time::Instant;

use bytes::Bytes;
use pipetape_core::protocol::named_operation;
use pipetape_core::{Answer, Operation};
use pipetape_serve::{Request, session_segment};
use pipetape_tape::{MissReport, Novelty, Paced, Player, SessionName};
use tracing::{Level, debug, enabled, warn};

/// The target of the event that each request leaves in the log, at debug.
///
/// Its message is `served` or `missed`; its fields are `operation`, `job` (the beginning of an id), `status`, `fault`,
/// `latency_ms`, `bytes` (of the response's body), `seq` (of the exchange that was played), `times` (where it was
/// played more than once), `loosened` (where it matched only because something did not count), `cause` (of a miss) and
/// `session` (where it is not the default one). A field without a value is left out.
pub const EXCHANGES: &str = "pipetape_replay::exchange";

/// What the log says of a request.
#[derive(Debug)]
pub(crate) struct Asked {
    operation: Option<Operation>,
    session: Option<SessionName>,
    body: Bytes,
    came: Instant,
}

impl Asked {
    /// `None` where nobody reads the log: a replay has no time to spare.
    pub(crate) fn of(request: &Request) -> Option<Asked> {
        enabled!(target: EXCHANGES, Level::DEBUG).then(|| Asked {
            operation: named_operation(&request.headers).ok(),
            session: session_segment(request.uri.path()).and_then(|segment| segment.parse().ok()),
            body: request.body.clone(),
            came: Instant::now(),
        })
    }

    /// Logs what was served.
    pub(crate) fn served(&self, paced: &Paced, answer: &Answer, player: &Player) {
        let (response, fault) = match answer {
            Answer::Response(response) => (Some(response), None),
            Answer::Truncated { response, .. } => (Some(response), Some("truncated")),
            Answer::Reset => (None, Some("reset")),
        };
        let (seq, times) = player.served_by(paced).unzip();
        let times = times.filter(|times| *times > 1);
        let body = response.map(|response| &response.body()[..]);
        let jobs = self
            .operation
            .as_ref()
            .map(|operation| player.mentioned_jobs(operation, &self.body, body));
        let job = jobs.as_ref().and_then(|jobs| jobs.short());
        debug!(
            target: EXCHANGES,
            operation = self.name(),
            job = job.map(tracing::field::display),
            status = response.map(|response| response.status().as_u16()),
            fault,
            latency_ms = self.latency_ms(),
            bytes = body.map(<[u8]>::len),
            seq,
            times,
            loosened = paced.is_loosened.then_some(true),
            session = self.session.as_ref().map(SessionName::as_str),
            "served"
        );
    }

    fn missed(&self, report: &MissReport, player: &Player) {
        let jobs = self
            .operation
            .as_ref()
            .map(|operation| player.mentioned_jobs(operation, &self.body, None));
        let job = jobs.as_ref().and_then(|jobs| jobs.short());
        let response = report.miss.response();
        debug!(
            target: EXCHANGES,
            operation = self.name(),
            job = job.map(tracing::field::display),
            status = response.status().as_u16(),
            latency_ms = self.latency_ms(),
            bytes = response.body().len(),
            cause = report.miss.cause.name(),
            session = self.session.as_ref().map(SessionName::as_str),
            "missed"
        );
    }

    fn name(&self) -> &str {
        self.operation.as_ref().map_or("-", Operation::name)
    }

    fn latency_ms(&self) -> u64 {
        u64::try_from(self.came.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Logs a miss: once at warn, its repeats at debug. The message is redacted and bounded where it is made.
pub(crate) fn log_miss(report: &MissReport, asked: Option<&Asked>, player: &Player) {
    if let Some(asked) = asked {
        asked.missed(report, player);
    }
    let miss = &report.miss;
    let operation = miss.operation.as_ref().map_or("-", Operation::name);
    let closest = miss.closest.as_ref().map(|closest| closest.seq);
    let (session, cause) = (miss.session.as_str(), miss.cause.name());
    match report.novelty {
        Novelty::First => warn!(
            session,
            operation,
            cause,
            closest,
            message_to_client = miss.message,
            "a request missed"
        ),
        Novelty::Again | Novelty::Unlisted => {
            debug!(session, operation, cause, closest, "a request missed again");
        }
    }
}
