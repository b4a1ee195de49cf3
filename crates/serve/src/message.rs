//! What a service is given, and what it gives back.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Method, Response, Uri, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use pipetape_core::Answer;
use rustls::ServerConfig;
use tokio::net::TcpStream;

use crate::connection::RequestStream;
use crate::error_reply::ServerError;
use crate::intercept::ConnectTarget;

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// As the client sent it; `CONNECT` arrives here like any other.
    pub method: Method,
    /// As the client sent it: in origin form (`/path`), absolute form (`http://host/path`) or
    /// authority form (`host:443`).
    pub uri: Uri,
    /// HTTP/1.0 or HTTP/1.1.
    pub version: Version,
    /// Every header, hop-by-hop ones included.
    pub headers: HeaderMap,
    /// The whole body, at most [`Limits::max_body`](crate::Limits::max_body) bytes. May share its
    /// memory with `headers`.
    pub body: Bytes,
    /// The client's address.
    pub peer: SocketAddr,
    /// The address the client connected to.
    pub local: SocketAddr,
    /// The host of CodePipeline that the client takes the server for, if the request came through
    /// [`WithInterception`](crate::intercept::WithInterception); [`Request::host`] then names the
    /// same host. `None` for a request to the server itself.
    pub intercepted: Option<ConnectTarget>,
}

impl Request {
    /// The authority the client says it talks to; see
    /// [`host::of_request`](crate::host::of_request).
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
        /// The `Content-Length` to announce; `None` sends one chunk of a chunked body without its
        /// end.
        declared_length: Option<u64>,
    },
    /// A response whose body is produced while it is sent: for bodies that are too large for
    /// memory, or not there yet. The client's reading sets the pace, and
    /// [`Limits::write_timeout`](crate::Limits::write_timeout) applies as to any response. If the
    /// body fails, the connection is reset.
    Stream {
        /// The head, and the body.
        response: Box<Response<StreamBody>>,
        /// What follows the body's last byte.
        end: StreamEnd,
    },
    /// The connection is reset before any byte of an answer.
    Reset,
    /// Only to a `CONNECT` (any other request gets 500): status 200, then TLS that ends here. The
    /// requests inside have [`Request::intercepted`] set. The handshake must end within
    /// [`Limits::head_timeout`](crate::Limits::head_timeout), and must not name another host.
    Intercept {
        /// Gives the certificate.
        tls: Arc<ServerConfig>,
        /// The host that the client takes the server for.
        target: ConnectTarget,
    },
    /// Only to a `CONNECT` (any other request gets 500): status 200, then bytes pass both ways
    /// until both sides have ended or nothing has moved for
    /// [`Limits::idle_timeout`](crate::Limits::idle_timeout).
    Tunnel(TcpStream),
}

/// How a streamed response ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// The response is complete.
    Complete,
    /// The connection is closed, as for [`Reply::Truncated`].
    Truncated {
        /// The `Content-Length` to announce; `None` sends a chunked body without its end.
        declared_length: Option<u64>,
    },
}

/// Why a streamed body failed.
pub type StreamError = Box<dyn Error + Send + Sync>;

/// A body that is produced while it is sent, from any [`http_body::Body`].
///
/// The server holds a few pieces at a time, up to about
/// [`Limits::max_head`](crate::Limits::max_head) bytes and the last piece. A body that knows its
/// size is sent with that `Content-Length`, another one in chunks.
pub struct StreamBody(UnsyncBoxBody<Bytes, StreamError>);

impl StreamBody {
    /// Streams `body`.
    pub fn new<B>(body: B) -> Self
    where
        B: Body<Data = Bytes, Error: Into<StreamError>> + Send + 'static,
    {
        Self(body.map_err(Into::into).boxed_unsync())
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl fmt::Debug for StreamBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamBody(…)")
    }
}

impl From<Response<StreamBody>> for Reply {
    fn from(response: Response<StreamBody>) -> Self {
        Self::Stream {
            response: Box::new(response),
            end: StreamEnd::Complete,
        }
    }
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

/// How a service wants the body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyMode {
    /// In [`Request::body`], within [`Limits::max_body`](crate::Limits::max_body) and
    /// [`Limits::body_budget`](crate::Limits::body_budget).
    Whole,
    /// As a [`RequestStream`], given to [`Service::call_streamed`].
    Stream {
        /// A larger body is answered with 413, in bytes.
        max_bytes: u64,
    },
}

/// Answers requests. One value serves every connection at once.
///
/// # Cancel safety
///
/// A call runs to its end even if its client disconnects. It is dropped half-way only if the server
/// stops and the call takes longer than [`Limits::drain`](crate::Limits::drain), if the runtime
/// ends, or if it waits for a streamed body that does not arrive in time.
///
/// # Panics
///
/// A call that panics is answered with 500 and logged; the server continues.
pub trait Service: Send + Sync + 'static {
    /// Answers one request, from which the service may take what it needs.
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send;

    /// Chooses how the body of a request is read. Called once its head is complete, if it has a
    /// body; [`Request::body`] is empty.
    fn body_mode(&self, _head: &Request) -> BodyMode {
        BodyMode::Whole
    }

    /// Answers a request for which [`Service::body_mode`] chose [`BodyMode::Stream`];
    /// [`Request::body`] is empty. If the body fails before this returns, the reply is replaced by
    /// the error: 413 or 400.
    fn call_streamed(
        &self,
        _request: &mut Request,
        _body: RequestStream,
    ) -> impl Future<Output = Reply> + Send {
        async { Reply::from(ServerError::ServiceFailed.response()) }
    }
}

/// One service for several servers.
impl<S: Service> Service for Arc<S> {
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send {
        S::call(self, request)
    }

    fn body_mode(&self, head: &Request) -> BodyMode {
        S::body_mode(self, head)
    }

    fn call_streamed(
        &self,
        request: &mut Request,
        body: RequestStream,
    ) -> impl Future<Output = Reply> + Send {
        S::call_streamed(self, request, body)
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
