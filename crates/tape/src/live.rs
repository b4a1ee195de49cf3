//! An exchange as it happened, before anything was left out or redacted. Never stored as it is.

use bytes::Bytes;
use http::{HeaderMap, Response};
use pipetape_core::headers::end_to_end;
use pipetape_core::{Answer, Operation};

use crate::exchange::{Outcome, UnixMillis};

/// One request and its outcome, as they were on the wire.
#[derive(Debug, Clone)]
pub struct LiveExchange {
    /// The operation that the request named.
    pub operation: Operation,
    /// The highest sequence number kept when the request arrived.
    pub after: u64,
    /// When the request arrived.
    pub began: UnixMillis,
    /// From then to the outcome, in milliseconds.
    pub latency_ms: u64,
    /// Every header of the client's request.
    pub request_headers: HeaderMap,
    /// The body of the client's request.
    pub request_body: Bytes,
    /// How it ended.
    pub outcome: LiveOutcome,
}

/// How a request to upstream ended, before redaction. Its response has every header received,
/// hop-by-hop ones included, and its body is still compressed if `content-encoding` says so.
pub type LiveOutcome = Outcome<Response<Bytes>>;

impl LiveOutcome {
    /// What the client is given: status, end-to-end headers and body as received; for a fault,
    /// what [`Fault::answer`](crate::Fault::answer) says.
    pub fn answer(&self) -> Answer {
        match self {
            Self::Response(response) => passed_on(response).into(),
            Self::Fault(fault) => fault.answer(None),
            Self::Cut { response, fault } => fault.answer(Some(passed_on(response))),
        }
    }
}

fn passed_on(response: &Response<Bytes>) -> Response<Bytes> {
    let mut passed_on = Response::new(response.body().clone());
    *passed_on.status_mut() = response.status();
    *passed_on.headers_mut() = end_to_end(response.headers())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    passed_on
}
