//! An exchange as it happened, before anything was left out or redacted. Never stored as it is.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pipetape_core::Operation;

use crate::exchange::UnixMillis;
use crate::fault::Fault;

/// One request and its outcome, as they were on the wire.
#[derive(Debug, Clone)]
pub struct LiveExchange {
    /// The operation that the request named.
    pub operation: Operation,
    /// The highest sequence number kept when the request came.
    pub after: u64,
    /// When the request came.
    pub began: UnixMillis,
    /// From then to the outcome, in milliseconds.
    pub latency_ms: u64,
    /// Every header of the client's request.
    pub request_headers: HeaderMap,
    /// The body of the client's request.
    pub request_body: Bytes,
    /// What came of it.
    pub outcome: LiveOutcome,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub enum LiveOutcome {
    /// A whole response.
    Response(LiveResponse),
    /// No response.
    Fault(Fault),
    /// A response that ended too early.
    Cut {
        /// Its head, and the bytes that came.
        response: LiveResponse,
        /// How it ended.
        fault: Fault,
    },
}

/// An upstream's response.
#[derive(Debug, Clone)]
pub struct LiveResponse {
    /// The status.
    pub status: StatusCode,
    /// Every header, hop-by-hop ones included.
    pub headers: HeaderMap,
    /// The body as it came: still compressed where `content-encoding` says so.
    pub body: Bytes,
}
