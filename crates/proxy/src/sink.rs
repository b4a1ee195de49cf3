//! What becomes of an exchange once it has happened: redacted, numbered, made durable, counted.
//! Only then does its client see the answer.

use std::sync::Arc;

use pipetape_core::{Answer, MentionedJobs, Operation};
use pipetape_tape::{
    AppendError, Fault, Kept, LiveExchange, NewExchange, PendingExchange, Redactions, Redactor,
    TapeWriter, keep,
};
use tokio::sync::oneshot;
use tracing::{Level, Span, enabled, info};

use crate::tally::OpenExchange;

/// The target of the event that each exchange leaves in the log, at info. The thread that writes
/// the tape emits it, in the tape's order.
///
/// Its message is `recorded` or `not recorded`; its fields are `operation`, `job` (the beginning
/// of an id), `status`, `fault`, `latency_ms`, `bytes` (of the response's body, as kept),
/// `redacted` (how many values), `redacted_names` (of members and headers, if debug is enabled for
/// this target) and `seq`. A field without a value is left out.
pub const EXCHANGES: &str = "pipetape_proxy::exchange";

/// A log of exchanges: the tape, or its twin in memory in tests. Clones write to the same log.
pub(crate) trait ExchangeLog: Clone + Send + Sync + 'static {
    /// The highest number that is durable; 0 if there is none.
    fn last_kept(&self) -> u64;

    /// Fixes the position of an exchange in the log; the log makes and keeps it later. A log that
    /// has ended drops it without a report.
    fn enqueue(&self, pending: impl PendingExchange);
}

impl ExchangeLog for TapeWriter {
    fn last_kept(&self) -> u64 {
        TapeWriter::last_kept(self)
    }

    fn enqueue(&self, pending: impl PendingExchange) {
        TapeWriter::enqueue(self, pending);
    }
}

/// Records an exchange, even if the caller stops waiting; exchanges are numbered in the order of
/// these calls. Gives the client's answer, once the exchange is durable or cannot be.
pub(crate) fn record<L: ExchangeLog>(
    log: &L,
    redactor: &Arc<Redactor>,
    live: LiveExchange,
    open: OpenExchange,
) -> impl Future<Output = Answer> + use<L> {
    let answer = live.outcome.answer();
    let (replacement, replaced) = oneshot::channel();
    log.enqueue(ForwardedExchange {
        live: Some(live),
        redactor: Arc::clone(redactor),
        event: None,
        open,
        span: Span::current(),
        replacement,
    });
    async {
        match replaced.await {
            Ok(Some(fault)) => fault.answer(None),
            // An error: the log has ended, and the exchange is counted as lost.
            Ok(None) | Err(_) => answer,
        }
    }
}

/// An exchange on its way to the log. The log's own thread does the rest.
struct ForwardedExchange {
    /// Until it is redacted.
    live: Option<LiveExchange>,
    redactor: Arc<Redactor>,
    /// Once it is redacted.
    event: Option<ExchangeEvent>,
    open: OpenExchange,
    /// The span of the event.
    span: Span,
    /// Gets the fault that replaces the answer, if one does; see [`Kept::given`].
    replacement: oneshot::Sender<Option<Fault>>,
}

impl PendingExchange for ForwardedExchange {
    #[expect(
        clippy::expect_used,
        reason = "called once, see `PendingExchange::make`"
    )]
    fn make(&mut self) -> NewExchange {
        let live = self.live.take().expect("an exchange is made once");
        let (exchange, event) = ExchangeEvent::of(keep(live, &self.redactor));
        self.event = Some(event);
        exchange
    }

    fn written(self: Box<Self>, written: Result<u64, AppendError>) {
        let Self {
            event,
            open,
            span,
            replacement,
            ..
        } = *self;
        span.in_scope(|| {
            // Counted and logged before the client knows.
            match (&written, &event) {
                (Ok(_), Some(event)) => open.recorded(&event.operation, event.fault),
                // It was lost while it was redacted: dropping it counts it as lost.
                (Ok(_), None) => drop(open),
                (Err(error), _) => open.unrecorded(error),
            }
            if let Some(event) = &event {
                event.emit(written.ok());
            }
        });
        // The caller may have stopped waiting.
        let _ = replacement.send(event.and_then(|event| event.replacement));
    }
}

/// What the log says about an exchange; see [`EXCHANGES`].
struct ExchangeEvent {
    operation: Operation,
    job: Option<String>,
    status: Option<u16>,
    fault: Option<Fault>,
    latency_ms: u64,
    /// Of the response's body, as kept.
    bytes: Option<usize>,
    redactions: Redactions,
    /// See [`Kept::given`].
    replacement: Option<Fault>,
}

impl ExchangeEvent {
    fn of(kept: Kept) -> (NewExchange, Self) {
        let replacement = kept.given();
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
        let event = Self {
            operation: exchange.operation.clone(),
            // Both bodies are parsed for it: only if the event is enabled.
            job: enabled!(target: EXCHANGES, Level::INFO).then(job).flatten(),
            status: response.map(|response| response.status),
            fault: outcome.fault().copied(),
            latency_ms: exchange.latency_ms.unwrap_or_default(),
            bytes: response.map(|response| response.body.len()),
            redactions,
            replacement,
        };
        (exchange, event)
    }

    /// Emits the event; `seq` is the exchange's number if it was recorded.
    fn emit(&self, seq: Option<u64>) {
        let Redactions { count, names } = &self.redactions;
        // Clients choose the names: they are for a person who watches, not for every log.
        let has_names = *count > 0 && enabled!(target: EXCHANGES, Level::DEBUG);
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
            redacted_names = has_names.then(names),
            seq,
            "{}",
            if seq.is_some() { "recorded" } else { "not recorded" }
        );
    }
}
