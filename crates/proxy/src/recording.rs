//! The life of one request: checked, signed, forwarded, recorded, and only then answered.

use std::mem;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use http::{HeaderName, HeaderValue};
use pipetape_core::Operation;
use pipetape_serve::{Reply, Request, Service};
use pipetape_tape::{LiveExchange, Redactor, UnixMillis};
use tracing::{Instrument, Span, debug_span, field, warn};

use crate::admission::{Admitted, RecordRefusal, admit};
use crate::credentials::{CredentialSource, CredentialsCache};
use crate::outgoing::{self, Outgoing, SigningError};
use crate::routing::{Destination, RegionDifferences, Routing, Signature};
use crate::sink::{self, ExchangeLog};
use crate::tally::{OpenExchange, Tally};
use crate::upstream::UpstreamClient;

/// Added to every answer once the tape is incomplete.
const RECORDED: HeaderName = HeaderName::from_static("x-pipetape-recorded");

/// Forwards requests and records each exchange before its client sees the answer.
#[derive(Debug)]
pub(crate) struct Recording<L, S> {
    pub(crate) log: L,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) routing: Routing,
    pub(crate) region_differences: RegionDifferences,
    pub(crate) credentials: CredentialsCache<S>,
    pub(crate) upstream: UpstreamClient,
    pub(crate) tally: Arc<Tally>,
}

impl<L: ExchangeLog, S: CredentialSource> Service for Recording<L, S> {
    async fn call(&self, request: &mut Request) -> Reply {
        let span = debug_span!("request", operation = field::Empty);
        let mut reply = self.answer(request).instrument(span).await;
        if self.tally.is_incomplete() {
            mark_unrecorded(&mut reply);
        }
        reply
    }
}

impl<L: ExchangeLog, S: CredentialSource> Recording<L, S> {
    async fn answer(&self, request: &mut Request) -> Reply {
        let arrival = Arrival {
            clock: Instant::now(),
            began: UnixMillis::now(),
            after: self.log.last_kept(),
        };
        let prepared = match admit(request) {
            Ok(admitted) => self.prepare(request, admitted).await,
            Err(refusal) => Err(refusal),
        };
        match prepared {
            Ok((operation, outgoing)) => self.exchange(arrival, request, operation, outgoing).await,
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// Makes the request that upstream gets. Only credentials may need a connection for it.
    async fn prepare(
        &self,
        request: &Request,
        admitted: Admitted,
    ) -> Result<(Operation, Outgoing), RecordRefusal> {
        let Admitted { operation, region } = admitted;
        Span::current().record("operation", field::display(&operation));
        if let (Some(ours), Ok(theirs)) = (&self.routing.region, &region) {
            self.region_differences.look(ours, theirs);
        }
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
                let credentials = credentials.map_err(RecordRefusal::NoCredentials)?;
                let now = SystemTime::now();
                outgoing::resigned(request, &upstream, &region, &credentials, now)
            }
        };
        let outgoing = outgoing.map_err(|error| RecordRefusal::Unsignable(Arc::new(error)))?;
        Ok((operation, outgoing))
    }

    async fn exchange(
        &self,
        arrival: Arrival,
        request: &mut Request,
        operation: Operation,
        outgoing: Outgoing,
    ) -> Reply {
        let open = OpenExchange::begin(&self.tally);
        let outcome = self.upstream.exchange(outgoing).await;
        let latency_ms = u64::try_from(arrival.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        let live = LiveExchange {
            operation,
            after: arrival.after,
            began: arrival.began,
            latency_ms,
            request_headers: mem::take(&mut request.headers),
            request_body: mem::take(&mut request.body),
            outcome,
        };
        // The client sees nothing before the exchange is durable.
        Reply::from(sink::record(&self.log, &self.redactor, live, open).await)
    }

    fn refuse(&self, refusal: &RecordRefusal) -> Reply {
        self.tally.refused(refusal.reason());
        warn!(
            reason = refusal.reason(),
            error = %refusal,
            "request refused, not forwarded"
        );
        Reply::from(refusal.response())
    }
}

/// When a request arrived, and what was on the tape then.
struct Arrival {
    clock: Instant,
    began: UnixMillis,
    after: u64,
}

fn mark_unrecorded(reply: &mut Reply) {
    if let Reply::Response(response) | Reply::Truncated { response, .. } = reply {
        let headers = response.headers_mut();
        headers.insert(RECORDED, HeaderValue::from_static("no"));
    }
}
