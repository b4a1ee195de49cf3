//! The way of one request: checked, signed, forwarded, kept, and only then answered.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use http::{HeaderName, HeaderValue};
use pipetape_core::causes::with_causes;
use pipetape_core::{MentionedJobs, Operation};
use pipetape_serve::{Reply, Request, Service};
use pipetape_tape::{
    Fault, Kept, LiveExchange, LiveOutcome, NewExchange, Redactions, Redactor, UnixMillis, keep,
};
use tracing::{Instrument, Level, Span, debug_span, enabled, error, field, info, warn};

use crate::admission::{Admitted, admit};
use crate::credentials::{CredentialSource, CredentialsCache};
use crate::destination::{Destination, Routing, Signature};
use crate::exchange_log::ExchangeLog;
use crate::outgoing::{self, Outgoing};
use crate::refusal::Refusal;
use crate::reply::reply;
use crate::signing::SigningError;
use crate::tally::Tally;
use crate::upstream::UpstreamClient;

/// The target of the event that each exchange leaves in the log, at info.
///
/// Its message is `recorded` or `not recorded`; its fields are `operation`, `job` (the beginning of an id), `status`,
/// `fault`, `latency_ms`, `bytes` (of the response's body, as kept), `redacted` (how many values), `redacted_names`
/// (of members and headers, where the target's debug is on) and `seq`. A field without a value is left out.
pub const EXCHANGES: &str = "pipetape_proxy::exchange";

/// On every answer once the tape is incomplete.
const RECORDED: HeaderName = HeaderName::from_static("x-pipetape-recorded");

/// Forwards requests and keeps each exchange before its client sees the answer.
#[derive(Debug)]
pub(crate) struct Recording<L, S> {
    pub(crate) log: L,
    pub(crate) routing: Routing,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) credentials: CredentialsCache<S>,
    pub(crate) upstream: UpstreamClient,
    pub(crate) tally: Arc<Tally>,
}

impl<L: ExchangeLog, S: CredentialSource> Service for Recording<L, S> {
    async fn call(&self, request: Request) -> Reply {
        let span = debug_span!("request", operation = field::Empty);
        let mut reply = self.answer(request).instrument(span).await;
        if self.tally.is_incomplete() {
            mark_unrecorded(&mut reply);
        }
        reply
    }
}

impl<L: ExchangeLog, S: CredentialSource> Recording<L, S> {
    async fn answer(&self, request: Request) -> Reply {
        let arrival = Arrival {
            clock: Instant::now(),
            began: UnixMillis::now(),
            after: self.log.last_kept(),
        };
        let prepared = match admit(&request) {
            Ok(admitted) => self.prepare(&request, admitted).await,
            Err(refusal) => Err(refusal),
        };
        match prepared {
            Ok((operation, outgoing)) => self.exchange(arrival, request, operation, outgoing).await,
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// Makes the request that upstream gets. Nothing is dialled, but for credentials.
    async fn prepare(
        &self,
        request: &Request,
        admitted: Admitted,
    ) -> Result<(Operation, Outgoing), Refusal> {
        let Admitted { operation, region } = admitted;
        Span::current().record("operation", field::display(&operation));
        let Destination {
            upstream,
            signature,
        } = match &request.intercepted {
            Some(target) => self.routing.intercepted(target)?,
            None => self.routing.choose(region)?,
        };
        let outgoing = match signature {
            Signature::Clients => {
                outgoing::untouched(request, &upstream).map_err(SigningError::from)
            }
            Signature::Ours(region) => {
                let credentials = self.credentials.credentials(&region).await;
                let credentials = credentials.map_err(Refusal::NoCredentials)?;
                let now = SystemTime::now();
                outgoing::resigned(request, &upstream, &region, &credentials, now)
            }
        };
        let outgoing = outgoing.map_err(|error| Refusal::Unsignable(Arc::new(error)))?;
        Ok((operation, outgoing))
    }

    async fn exchange(
        &self,
        arrival: Arrival,
        request: Request,
        operation: Operation,
        outgoing: Outgoing,
    ) -> Reply {
        let mut pending = Pending(Some(&self.tally));
        let outcome = self.upstream.exchange(outgoing).await;
        let latency_ms = u64::try_from(arrival.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Kept {
            exchange,
            given,
            redactions,
        } = keep(
            LiveExchange {
                operation,
                after: arrival.after,
                began: arrival.began,
                latency_ms,
                request_headers: request.headers,
                request_body: request.body,
                outcome,
            },
            &self.redactor,
        );
        let seen = Seen::of(&exchange, &given, latency_ms, redactions);
        // A task of its own: what has happened is kept, and counted, even where a stop drops this call.
        let (log, tally) = (self.log.clone(), Arc::clone(&self.tally));
        let write = write(log, exchange, seen, tally).in_current_span();
        let written = tokio::spawn(write);
        pending.0 = None;
        // The client sees nothing before this is done.
        if written.await.is_err() {
            self.tally.unrecorded();
            error!("THE TAPE IS INCOMPLETE: writing an exchange panicked");
        }
        reply(given)
    }

    fn refuse(&self, refusal: &Refusal) -> Reply {
        self.tally.refused(refusal.reason());
        warn!(
            reason = refusal.reason(),
            error = %refusal,
            "request refused, not forwarded"
        );
        Reply::Response(refusal.response())
    }
}

/// When a request came, and what was on the tape then.
struct Arrival {
    clock: Instant,
    began: UnixMillis,
    after: u64,
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

impl Seen {
    fn of(
        exchange: &NewExchange,
        given: &LiveOutcome,
        latency_ms: u64,
        redactions: Redactions,
    ) -> Seen {
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
            latency_ms,
            bytes: response.map(|response| response.body.len()),
            redactions,
        }
    }
}

/// Makes an exchange durable, counts it, and says so.
async fn write<L: ExchangeLog>(log: L, exchange: NewExchange, seen: Seen, tally: Arc<Tally>) {
    let fault = seen.fault.map(Fault::kind);
    let seq = match log.append(exchange).await {
        Ok(seq) => {
            tally.recorded(&seen.operation, seen.fault);
            Some(seq)
        }
        Err(error) => {
            if tally.unrecorded() {
                error!(
                    error = with_causes(&error),
                    "THE TAPE IS INCOMPLETE: this exchange and all later ones are forwarded but not recorded"
                );
            }
            None
        }
    };
    let Redactions { count, names } = &seen.redactions;
    // Names are a client's text: for who watches, not for every log that is kept.
    let tells_names = *count > 0 && enabled!(target: EXCHANGES, Level::DEBUG);
    let names = || Vec::from_iter(names.iter().map(String::as_str)).join(", ");
    info!(
        target: EXCHANGES,
        operation = %seen.operation,
        job = seen.job,
        status = seen.status,
        fault,
        latency_ms = seen.latency_ms,
        bytes = seen.bytes,
        redacted = (*count > 0).then_some(count),
        redacted_names = tells_names.then(names),
        seq,
        "{}",
        if seq.is_some() { "recorded" } else { "not recorded" }
    );
}

/// A forwarded request without an outcome yet. Dropped so (a stop that cuts the call, or a panic), its exchange
/// counts as lost.
struct Pending<'a>(Option<&'a Tally>);

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.0.is_some_and(Tally::unrecorded) {
            error!("THE TAPE IS INCOMPLETE: a request was forwarded, and its exchange is lost");
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

fn mark_unrecorded(reply: &mut Reply) {
    if let Reply::Response(response) | Reply::Truncated { response, .. } = reply {
        let headers = response.headers_mut();
        headers.insert(RECORDED, HeaderValue::from_static("no"));
    }
}
