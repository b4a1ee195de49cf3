//! What becomes of an exchange once it has happened: redacted, given its place on the tape, made durable, counted.

use std::sync::Arc;

use pipetape_core::{MentionedJobs, Operation};
use pipetape_tape::{Fault, Kept, LiveExchange, LiveOutcome, Redactions, Redactor, keep};
use tokio::sync::oneshot;
use tracing::{Level, enabled, info};

use crate::exchange_log::ExchangeLog;
use crate::forwarded::Forwarded;

/// The target of the event that each exchange leaves in the log, at info.
///
/// Its message is `recorded` or `not recorded`; its fields are `operation`, `job` (the beginning of an id), `status`,
/// `fault`, `latency_ms`, `bytes` (of the response's body, as kept), `redacted` (how many values), `redacted_names`
/// (of members and headers, where the target's debug is on) and `seq`. A field without a value is left out.
pub const EXCHANGES: &str = "pipetape_proxy::exchange";

/// Keeps exchanges in a log. Clones keep in the same one.
#[derive(Debug, Clone)]
pub(crate) struct Keeper<L> {
    log: L,
    redactor: Arc<Redactor>,
}

/// What was found out about an exchange while it was redacted.
struct Found {
    job: Option<String>,
    /// Of the response's body, as kept.
    bytes: Option<usize>,
    redactions: Redactions,
    /// See [`Kept::given`].
    given: Option<Fault>,
}

/// What a log line says of an exchange.
struct Seen {
    operation: Operation,
    status: Option<u16>,
    fault: Option<Fault>,
    latency_ms: u64,
    /// `None` where the log has ended: nothing was read.
    found: Option<Found>,
}

impl Found {
    fn of(kept: &Kept, tells_job: bool) -> Found {
        let exchange = &kept.exchange;
        let response = exchange.outcome.response();
        let job = || {
            let response = response.map(|response| &response.body[..]);
            let jobs = MentionedJobs::of(&exchange.operation, &exchange.request.body, response);
            jobs.short().map(|short| short.to_string())
        };
        Found {
            job: tells_job.then(job).flatten(),
            bytes: response.map(|response| response.body.len()),
            redactions: kept.redactions.clone(),
            given: kept.given(),
        }
    }
}

impl Seen {
    /// Says what became of the exchange: `seq` is its number where it was recorded.
    fn tell(&self, seq: Option<u64>) {
        let found = self.found.as_ref();
        let redactions = found.map(|found| &found.redactions);
        let redactions = redactions.filter(|redactions| redactions.count > 0);
        // Names are a client's text: for who watches, not for every log that is kept.
        let named = redactions.filter(|_| enabled!(target: EXCHANGES, Level::DEBUG));
        let names = |redactions: &Redactions| {
            Vec::from_iter(redactions.names.iter().map(String::as_str)).join(", ")
        };
        info!(
            target: EXCHANGES,
            operation = %self.operation,
            job = found.and_then(|found| found.job.as_deref()),
            status = self.status,
            fault = self.fault.map(Fault::kind),
            latency_ms = self.latency_ms,
            bytes = found.and_then(|found| found.bytes),
            redacted = redactions.map(|redactions| redactions.count),
            redacted_names = named.map(names),
            seq,
            "{}",
            if seq.is_some() { "recorded" } else { "not recorded" }
        );
    }
}

impl<L: ExchangeLog> Keeper<L> {
    pub(crate) fn new(log: L, redactor: Arc<Redactor>) -> Keeper<L> {
        Keeper { log, redactor }
    }

    /// The highest number that is durable; 0 where none is.
    pub(crate) fn last_kept(&self) -> u64 {
        self.log.last_kept()
    }

    /// Gives what the client is given, once the exchange is durable or can't be. Exchanges are numbered in the order
    /// in which this is first polled.
    ///
    /// The log's own thread redacts: what that takes is not taken from who serves connections.
    pub(crate) async fn keep(self, live: LiveExchange, forwarded: Forwarded) -> LiveOutcome {
        let came = live.outcome.clone();
        let (operation, latency_ms) = (live.operation.clone(), live.latency_ms);
        let bytes = live.request_body.len() + body_length(&came);
        let (tell, told) = oneshot::channel();
        // Found by reading both bodies: not where nobody looks.
        let tells_job = enabled!(target: EXCHANGES, Level::INFO);
        let make = {
            let redactor = Arc::clone(&self.redactor);
            move || {
                let kept = keep(live, &redactor);
                // Nobody else listens where the runtime has ended.
                let _ = tell.send(Found::of(&kept, tells_job));
                kept.exchange
            }
        };
        let written = match self.log.enqueue(bytes, make).await {
            Ok(durable) => durable.await,
            Err(error) => Err(error),
        };
        // Told before it was written; a log that has ended drops what would tell.
        let found = told.await.ok();
        let given = match found.as_ref().and_then(|found| found.given) {
            Some(fault) => LiveOutcome::Fault(fault),
            None => came,
        };
        let (status, fault) = status_and_fault(&given);
        let seen = Seen {
            operation,
            status,
            fault,
            latency_ms,
            found,
        };
        let seq = match written {
            Ok(seq) => {
                forwarded.recorded(&seen.operation, seen.fault);
                Some(seq)
            }
            Err(error) => {
                forwarded.unrecorded(&error);
                None
            }
        };
        seen.tell(seq);
        given
    }
}

fn body_length(outcome: &LiveOutcome) -> usize {
    match outcome {
        LiveOutcome::Response(response) | LiveOutcome::Cut { response, .. } => response.body.len(),
        LiveOutcome::Fault(_) => 0,
    }
}

fn status_and_fault(given: &LiveOutcome) -> (Option<u16>, Option<Fault>) {
    match given {
        LiveOutcome::Response(response) => (Some(response.status.as_u16()), None),
        LiveOutcome::Fault(fault) => (None, Some(*fault)),
        LiveOutcome::Cut { response, fault } => (Some(response.status.as_u16()), Some(*fault)),
    }
}
