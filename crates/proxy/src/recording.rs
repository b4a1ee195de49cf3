//! The way of one request: checked, signed, forwarded, kept, and only then answered.

use std::mem;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use http::{HeaderName, HeaderValue};
use pipetape_core::Operation;
use pipetape_serve::{Reply, Request, Service};
use pipetape_tape::{LiveExchange, UnixMillis};
use tracing::{Instrument, Span, debug_span, field, warn};

use crate::admission::{Admitted, admit};
use crate::credentials::{CredentialSource, CredentialsCache};
use crate::destination::{Destination, Routing, Signature};
use crate::exchange_log::ExchangeLog;
use crate::forwarded::Forwarded;
use crate::keeper::Keeper;
use crate::outgoing::{self, Outgoing};
use crate::refusal::Refusal;
use crate::region_difference::RegionDifferences;
use crate::signing::SigningError;
use crate::tally::Tally;
use crate::upstream::UpstreamClient;

/// On every answer once the tape is incomplete.
const RECORDED: HeaderName = HeaderName::from_static("x-pipetape-recorded");

/// Forwards requests and keeps each exchange before its client sees the answer.
#[derive(Debug)]
pub(crate) struct Recording<L, S> {
    pub(crate) keeper: Keeper<L>,
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
            after: self.keeper.last_kept(),
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

    /// Makes the request that upstream gets. Nothing is dialled, but for credentials.
    async fn prepare(
        &self,
        request: &Request,
        admitted: Admitted,
    ) -> Result<(Operation, Outgoing), Refusal> {
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
        request: &mut Request,
        operation: Operation,
        outgoing: Outgoing,
    ) -> Reply {
        let forwarded = Forwarded::begin(&self.tally);
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
        // The client sees nothing before this is done.
        Reply::from(self.keeper.keep(live, forwarded).await.answer())
    }

    fn refuse(&self, refusal: &Refusal) -> Reply {
        self.tally.refused(refusal.reason());
        warn!(
            reason = refusal.reason(),
            error = %refusal,
            "request refused, not forwarded"
        );
        Reply::from(refusal.response())
    }
}

/// When a request came, and what was on the tape then.
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
