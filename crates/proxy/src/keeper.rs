//! What becomes of an exchange once it has happened: redacted, given its place on the tape, made durable, counted.

use std::future::pending;
use std::panic::resume_unwind;
use std::sync::Arc;

use pipetape_core::{MentionedJobs, Operation};
use pipetape_serve::Budget;
use pipetape_tape::{
    Fault, Kept, LiveExchange, LiveOutcome, NewExchange, Redactions, Redactor, keep,
};
use tokio::sync::Mutex;
use tokio::task::{JoinError, spawn_blocking};
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
    /// Held from the redaction of an exchange until the log has taken it. While the log is behind, one exchange waits
    /// here in redacted form; the others as they came, within what bodies may take.
    turn: Arc<Mutex<()>>,
}

/// What a log line says of an exchange.
struct Seen {
    operation: Operation,
    job: Option<String>,
    status: Option<u16>,
    fault: Option<Fault>,
    latency_ms: u64,
    bytes: Option<usize>,
    redactions: Redactions,
}

/// An exchange ready for the log: all that is to be read of its bodies was read.
struct Redacted {
    exchange: NewExchange,
    given: LiveOutcome,
    seen: Seen,
}

impl Redacted {
    fn of(live: LiveExchange, redactor: &Redactor) -> Redacted {
        let Kept {
            exchange,
            given,
            redactions,
        } = keep(live, redactor);
        Redacted {
            seen: Seen::of(&exchange, &given, redactions),
            exchange,
            given,
        }
    }
}

impl Seen {
    fn of(exchange: &NewExchange, given: &LiveOutcome, redactions: Redactions) -> Seen {
        let (status, fault) = status_and_fault(given);
        let response = exchange.outcome.response();
        let job = || {
            let response = response.map(|response| &response.body[..]);
            let jobs = MentionedJobs::of(&exchange.operation, &exchange.request.body, response);
            jobs.short().map(|short| short.to_string())
        };
        Seen {
            operation: exchange.operation.clone(),
            // Found by reading both bodies: not where nobody looks.
            job: enabled!(target: EXCHANGES, Level::INFO).then(job).flatten(),
            status,
            fault,
            latency_ms: exchange.latency_ms.unwrap_or_default(),
            bytes: response.map(|response| response.body.len()),
            redactions,
        }
    }

    /// Says what became of the exchange: `seq` is its number where it was recorded.
    fn tell(&self, seq: Option<u64>) {
        let Redactions { count, names } = &self.redactions;
        // Names are a client's text: for who watches, not for every log that is kept.
        let tells_names = *count > 0 && enabled!(target: EXCHANGES, Level::DEBUG);
        let names = || Vec::from_iter(names.iter().map(String::as_str)).join(", ");
        info!(
            target: EXCHANGES,
            operation = %self.operation,
            job = self.job,
            status = self.status,
            fault = self.fault.map(Fault::kind),
            latency_ms = self.latency_ms,
            bytes = self.bytes,
            redacted = (*count > 0).then_some(count),
            redacted_names = tells_names.then(names),
            seq,
            "{}",
            if seq.is_some() { "recorded" } else { "not recorded" }
        );
    }
}

impl<L: ExchangeLog> Keeper<L> {
    pub(crate) fn new(log: L, redactor: Arc<Redactor>) -> Keeper<L> {
        Keeper {
            log,
            redactor,
            turn: Arc::default(),
        }
    }

    /// The highest number that is durable; 0 where none is.
    pub(crate) fn last_kept(&self) -> u64 {
        self.log.last_kept()
    }

    /// Gives what the client is given, once the exchange is durable or can't be. Exchanges are numbered in the order
    /// in which this is first polled.
    pub(crate) async fn keep(self, live: LiveExchange, forwarded: Forwarded) -> LiveOutcome {
        let turn = self.turn.lock().await;
        let Redacted {
            exchange,
            given,
            seen,
        } = self.redacted(live).await;
        let enqueued = self.log.enqueue(exchange).await;
        drop(turn);
        let written = match enqueued {
            Ok(durable) => durable.await,
            Err(error) => Err(error),
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

    /// Reading megabytes takes a while: not on the thread that serves all connections.
    async fn redacted(&self, live: LiveExchange) -> Redacted {
        let answer = match &live.outcome {
            LiveOutcome::Response(response) | LiveOutcome::Cut { response, .. } => {
                response.body.len()
            }
            LiveOutcome::Fault(_) => 0,
        };
        if live.request_body.len() + answer <= Budget::SMALL {
            return Redacted::of(live, &self.redactor);
        }
        let redactor = Arc::clone(&self.redactor);
        let redacted = spawn_blocking(move || Redacted::of(live, &redactor)).await;
        match redacted.map_err(JoinError::try_into_panic) {
            Ok(redacted) => redacted,
            Err(Ok(panic)) => resume_unwind(panic),
            // The runtime ends, and this task with it.
            Err(Err(_)) => pending().await,
        }
    }
}

fn status_and_fault(given: &LiveOutcome) -> (Option<u16>, Option<Fault>) {
    match given {
        LiveOutcome::Response(response) => (Some(response.status.as_u16()), None),
        LiveOutcome::Fault(fault) => (None, Some(*fault)),
        LiveOutcome::Cut { response, fault } => (Some(response.status.as_u16()), Some(*fault)),
    }
}
