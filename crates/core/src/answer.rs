//! What a client is given for its request, no matter who answers: a recording, a replay or the emulator.

use bytes::Bytes;
use http::Response;

/// What a client is given. `Content-Length` and hop-by-hop headers are left to the server that sends it.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A whole response. Boxed, so that an answer is small to pass on.
    Response(Box<Response<Bytes>>),
    /// A response that ends too early: the client gets its head and body, then the connection ends.
    Truncated {
        /// The head, and the bytes that do arrive.
        response: Box<Response<Bytes>>,
        /// The `Content-Length` to announce, in bytes; `None` for a body in chunks.
        declared_length: Option<u64>,
    },
    /// The connection is reset before any byte of an answer.
    Reset,
}

impl Answer {
    /// The response, whole or cut; `None` for a reset.
    pub fn response(&self) -> Option<&Response<Bytes>> {
        match self {
            Self::Response(response) | Self::Truncated { response, .. } => Some(response),
            Self::Reset => None,
        }
    }
}

impl From<Response<Bytes>> for Answer {
    fn from(response: Response<Bytes>) -> Self {
        Self::Response(Box::new(response))
    }
}
