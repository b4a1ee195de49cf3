//! What becomes of an exchange once it has happened: redacted, given its place on the tape, made durable, counted.

use std::sync::Arc;

use pipetape_core::{MentionedJobs, Operation};
use pipetape_tape::{
    AppendError, Fault, Kept, LiveExchange, LiveOutcome, NewExchange, PendingExchange, Redactions,
    Redactor, keep,
};
use tokio::sync::oneshot;
use tracing::{Level, Span, enabled, info};

use crate::exchange_log::ExchangeLog;
use crate::forwarded::Forwarded;

/// The target of the event that each exchange leaves in the log, at info. It comes from the thread that writes the tape,
/// in the tape's order.
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

/// An exchange that is on its way to the log. What is left to do is done by the log's own thread.
struct Keeping {
    /// Until it is redacted.
    live: Option<LiveExchange>,
    redactor: Arc<Redactor>,
    /// Once it is redacted.
    seen: Option<Seen>,
    forwarded: Forwarded,
    /// In which the exchange is told of.
    span: Span,
    /// Gets the fault that the client is given in place of what came, if any; see [`Kept::given`].
    given: oneshot::Sender<Option<Fault>>,
}

/// What a log line says of an exchange.
struct Seen {
    operation: Operation,
    job: Option<String>,
    status: Option<u16>,
    fault: Option<Fault>,
    latency_ms: u64,
    /// Of the response's body, as kept.
    bytes: Option<usize>,
    redactions: Redactions,
    /// See [`Kept::given`].
    given: Option<Fault>,
}

impl Seen {
    fn of(kept: Kept) -> (NewExchange, Seen) {
        let given = kept.given();
        let Kept {
            exchange,
            redactions,
        } = kept;
        let outcome = &exchange.outcome;
        let response = outcome.response();
        let job = || {
            let response = response.map(|response| &response.body[..]);
            let jobs = MentionedJobs::of(&exchange.operation, &exchange.request.body, response);
            jobs.short().map(|short| short.to_string())
        };
        let seen = Seen {
            operation: exchange.operation.clone(),
            // Found by reading both bodies: not where nobody looks.
            job: enabled!(target: EXCHANGES, Level::INFO).then(job).flatten(),
            status: response.map(|response| response.status),
            fault: outcome.fault().copied(),
            latency_ms: exchange.latency_ms.unwrap_or_default(),
            bytes: response.map(|response| response.body.len()),
            redactions,
            given,
        };
        (exchange, seen)
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

impl PendingExchange for Keeping {
    #[expect(
        clippy::expect_used,
        reason = "called once, see `PendingExchange::make`"
    )]
    fn make(&mut self) -> NewExchange {
        let live = self.live.take().expect("an exchange is made once");
        let (exchange, seen) = Seen::of(keep(live, &self.redactor));
        self.seen = Some(seen);
        exchange
    }

    fn written(self: Box<Self>, written: Result<u64, AppendError>) {
        let Keeping {
            seen,
            forwarded,
            span,
            given,
            ..
        } = *self;
        span.in_scope(|| {
            // Counted and told before the client knows.
            match (&written, &seen) {
                (Ok(_), Some(seen)) => forwarded.recorded(&seen.operation, seen.fault),
                // It was lost while it was read: what is dropped untold counts as lost.
                (Ok(_), None) => drop(forwarded),
                (Err(error), _) => forwarded.unrecorded(error),
            }
            if let Some(seen) = &seen {
                seen.tell(written.ok());
            }
        });
        // Who asked may be gone.
        let _ = given.send(seen.and_then(|seen| seen.given));
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

    /// Has an exchange kept, whatever becomes of the call; exchanges are numbered in the order of these calls. Gives what
    /// the client is given, once the exchange is durable or can't be.
    pub(crate) fn keep(
        &self,
        live: LiveExchange,
        forwarded: Forwarded,
    ) -> impl Future<Output = LiveOutcome> + use<L> {
        let came = live.outcome.clone();
        let (given, answer) = oneshot::channel();
        self.log.enqueue(Keeping {
            live: Some(live),
            redactor: Arc::clone(&self.redactor),
            seen: None,
            forwarded,
            span: Span::current(),
            given,
        });
        async {
            match answer.await {
                Ok(Some(fault)) => LiveOutcome::Fault(fault),
                // An error: the log has ended, and what is forwarded counts as lost.
                Ok(None) | Err(_) => came,
            }
        }
    }
}
