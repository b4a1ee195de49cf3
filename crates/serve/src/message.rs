//! What a service is given, and what it gives back.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, Uri, Version};
use pipetape_core::Answer;
use rustls::ServerConfig;
use tokio::net::TcpStream;

use crate::intercept::ConnectTarget;

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// As the client sent it; `CONNECT` arrives here like any other.
    pub method: Method,
    /// As the client sent it: in origin form (`/path`), absolute form (`http://host/path`) or authority form
    /// (`host:443`).
    pub uri: Uri,
    /// HTTP/1.0 or HTTP/1.1.
    pub version: Version,
    /// Every header, hop-by-hop ones included.
    pub headers: HeaderMap,
    /// The whole body, at most [`Limits::max_body`](crate::Limits::max_body) bytes. May share its memory with
    /// `headers`.
    pub body: Bytes,
    /// The client's address.
    pub peer: SocketAddr,
    /// The address the client connected to.
    pub local: SocketAddr,
    /// The host of CodePipeline that the client takes the server for, if the request came through
    /// [`WithInterception`](crate::intercept::WithInterception); [`Request::host`] then names the same host.
    /// `None` for a request to the server itself.
    pub intercepted: Option<ConnectTarget>,
}

impl Request {
    /// The authority the client says it talks to; see [`host::of_request`](crate::host::of_request).
    pub fn host(&self) -> Option<&str> {
        crate::host::of_request(&self.uri, &self.headers)
    }

    /// Frees the memory of what the client sent, for a service that waits before it answers.
    pub fn clear(&mut self) {
        self.uri = Uri::default();
        self.headers = HeaderMap::new();
        self.body = Bytes::new();
    }
}

/// What a service wants its client to see.
///
/// The server computes `Content-Length` and `Transfer-Encoding`: a response's own are dropped.
#[derive(Debug)]
pub enum Reply {
    /// A whole response. Boxed, because it is passed on several times.
    Response(Box<Response<Bytes>>),
    /// A response that ends too early: head and body are sent, then the connection is closed.
    Truncated {
        /// The head, and the bytes that are sent.
        response: Box<Response<Bytes>>,
        /// The `Content-Length` to announce; `None` sends one chunk of a chunked body without its end.
        declared_length: Option<u64>,
    },
    /// The connection is reset before any byte of an answer.
    Reset,
    /// Only to a `CONNECT` (any other request gets 500): status 200, then TLS that ends here. The requests
    /// inside have [`Request::intercepted`] set. The handshake must end within
    /// [`Limits::head_timeout`](crate::Limits::head_timeout), and must not name another host.
    Intercept {
        /// Gives the certificate.
        tls: Arc<ServerConfig>,
        /// The host that the client takes the server for.
        target: ConnectTarget,
    },
    /// Only to a `CONNECT` (any other request gets 500): status 200, then bytes pass both ways until both
    /// sides have ended or nothing has moved for [`Limits::idle_timeout`](crate::Limits::idle_timeout).
    Tunnel(TcpStream),
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Response(response) => Self::Response(response),
            Answer::Truncated {
                response,
                declared_length,
            } => Self::Truncated {
                response,
                declared_length,
            },
            Answer::Reset => Self::Reset,
        }
    }
}

impl From<Response<Bytes>> for Reply {
    fn from(response: Response<Bytes>) -> Self {
        Answer::from(response).into()
    }
}

/// Answers requests. One value serves every connection at once.
///
/// # Cancel safety
///
/// A call runs to its end even if its client disconnects. It is dropped half-way only if the server stops
/// and the call takes longer than [`Limits::drain`](crate::Limits::drain), or if the runtime ends.
///
/// # Panics
///
/// A call that panics is answered with 500 and logged; the server continues.
pub trait Service: Send + Sync + 'static {
    /// Answers one request, from which the service may take what it needs.
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send;
}

/// One service for several servers.
impl<S: Service> Service for Arc<S> {
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send {
        S::call(self, request)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_cleared_request_holds_no_memory() {
        let sent = Bytes::from(b"/a/path a-value a-body".to_vec());
        let mut headers = HeaderMap::with_capacity(20);
        let value = HeaderValue::from_maybe_shared(sent.slice(8..15)).unwrap();
        headers.append("x-amz-target", value);
        let mut request = Request {
            method: Method::POST,
            uri: Uri::from_maybe_shared(sent.slice(..7)).unwrap(),
            version: Version::HTTP_11,
            headers,
            body: sent.slice(16..),
            peer: "127.0.0.1:1".parse().unwrap(),
            local: "127.0.0.1:2".parse().unwrap(),
            intercepted: None,
        };
        request.clear();
        assert!(
            sent.is_unique(),
            "something still refers to what was received"
        );
        assert_eq!(request.headers.capacity(), 0);
    }
}
