//! What a client is given from a tape.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use pipetape_core::protocol;

/// What a client is given. `Content-Length` and hop-by-hop headers are left to whoever sends it.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A whole response. Boxed, as it goes through more hands than it has members.
    Response(Box<Response<Bytes>>),
    /// A response that ends too early.
    Truncated {
        /// The head, and the bytes that do arrive.
        response: Box<Response<Bytes>>,
        /// The `Content-Length` to announce; `None` for chunks.
        declared_length: Option<u64>,
    },
    /// The connection is reset before any byte.
    Reset,
}

impl Answer {
    /// The answer to a poll that finds no job.
    pub(super) fn empty_poll() -> Answer {
        let mut response = Response::new(Bytes::from_static(br#"{"jobs":[]}"#));
        response
            .headers_mut()
            .insert(CONTENT_TYPE, json_content_type());
        Answer::Response(Box::new(response))
    }
}

pub(super) fn json_content_type() -> HeaderValue {
    HeaderValue::from_static(protocol::CONTENT_TYPE)
}
