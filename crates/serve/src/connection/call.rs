//! One request, from hyper to the service and back.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use hyper::body::Incoming;
use rustls::ServerConfig;
use thiserror::Error;
use tokio::net::TcpStream;
use tracing::{debug, error};

use crate::connection::body::{BodyError, Collected, collect};
use crate::connection::front::Front;
use crate::connection::progress::{AfterFlush, Phase, Progress};
use crate::connection::reply_body::{ReplyBody, Truncated};
use crate::error_reply::aws_error;
use crate::intercept::ConnectTarget;
use crate::message::{Reply, Request, Service};

/// What the calls of one connection share.
pub(crate) struct Calls<S> {
    pub(crate) front: Arc<Front<S>>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    /// Whom the client takes us for.
    pub(crate) intercepted: Option<ConnectTarget>,
    /// What the connection turns into, once the answer to a `CONNECT` has left.
    pub(crate) onward: Mutex<Option<Onward>>,
}

/// What follows the 200 to a `CONNECT`.
pub(crate) enum Onward {
    /// TLS that ends here.
    Tls {
        config: Arc<ServerConfig>,
        target: ConnectTarget,
    },
    /// Another's bytes.
    Tunnel(TcpStream),
}

/// The service wants the connection reset. Given to hyper as an error, which ends the connection.
#[derive(Debug, Error)]
#[error("the connection is to be reset")]
pub(crate) struct ResetWanted;

impl<S: Service> Calls<S> {
    /// Answers a request: a block and no `async fn`, whose future would have room for what it is given beside what it
    /// makes of it, and is copied to its connection with each request.
    pub(crate) fn answer(
        &self,
        request: hyper::Request<Incoming>,
    ) -> impl Future<Output = Result<Response<ReplyBody>, ResetWanted>> {
        let (head, mut body) = request.into_parts();
        let mut request = Request {
            method: head.method,
            uri: head.uri,
            version: head.version,
            headers: head.headers,
            body: Bytes::new(),
            peer: self.peer,
            local: self.local,
            intercepted: self.intercepted.clone(),
        };
        let is_connect = request.method == Method::CONNECT;
        async move {
            let limit = self.front.limits.max_body;
            let collected = collect(&mut body, limit, &self.front.budget, &self.progress).await;
            let reply = match collected {
                Ok(Collected { bytes, reservation }) => {
                    self.progress.enter(Phase::Call);
                    request.body = bytes;
                    let reply = self.call(&mut request).await;
                    drop(reservation);
                    reply
                }
                Err(error) => Reply::from(self.refuse(&error)),
            };
            self.progress.enter(Phase::Response);
            self.give(reply, is_connect)
        }
    }

    /// What hyper is given for a reply.
    fn give(&self, reply: Reply, is_connect: bool) -> Result<Response<ReplyBody>, ResetWanted> {
        match reply {
            Reply::Response(response) => Ok(whole(*response)),
            Reply::Truncated {
                response,
                declared_length,
            } => Ok(truncated(
                *response,
                declared_length,
                Arc::clone(&self.progress),
            )),
            Reply::Reset => Err(ResetWanted),
            Reply::Intercept { tls, target } if is_connect => {
                let config = tls;
                Ok(self.connected(Onward::Tls { config, target }))
            }
            Reply::Tunnel(upstream) if is_connect => Ok(self.connected(Onward::Tunnel(upstream))),
            Reply::Intercept { .. } | Reply::Tunnel(_) => {
                error!("a call wants to turn a connection into another for what is no CONNECT");
                Ok(whole(failure()))
            }
        }
    }

    async fn call(&self, request: &mut Request) -> Reply {
        let failed = || Reply::from(failure());
        let Ok(call) = guarded(|| self.front.service.call(request)) else {
            return failed();
        };
        let mut call = pin!(call);
        poll_fn(|cx| match guarded(|| call.as_mut().poll(cx)) {
            Ok(polled) => polled,
            Err(Panicked) => Poll::Ready(failed()),
        })
        .await
    }

    /// hyper takes a 200 to a `CONNECT` for its own end on this connection.
    fn connected(&self, onward: Onward) -> Response<ReplyBody> {
        *self.onward() = Some(onward);
        whole(Response::new(Bytes::new()))
    }

    /// What the connection turns into, now that hyper has ended.
    pub(crate) fn take_onward(&self) -> Option<Onward> {
        self.onward().take()
    }

    /// Whole whatever happened to the thread that held it.
    fn onward(&self) -> MutexGuard<'_, Option<Onward>> {
        self.onward.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer to a request whose body could not be taken. The rest of the body is still on its way.
    fn refuse(&self, error: &BodyError) -> Response<Bytes> {
        debug!(?error, "body refused");
        self.progress.end_after_flush(AfterFlush::Linger);
        let mut response = match error {
            BodyError::TooLarge => aws_error(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                &format!(
                    "the request's body is larger than the limit of {} bytes; raise it with --max-body",
                    self.front.limits.max_body
                ),
            ),
            BodyError::Broken => aws_error(
                StatusCode::BAD_REQUEST,
                "MalformedBodyException",
                "the request's body ended before its announced length, or its chunks are malformed",
            ),
        };
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }
}

struct Panicked;

/// Makes or polls a call, which may panic.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    // The service is shared, so it has to stay sound when one of its calls unwinds, as with threads.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_panic| {
        error!("a call panicked; its client gets status 500");
        Panicked
    })
}

fn failure() -> Response<Bytes> {
    aws_error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalFailure",
        "pipetape failed while answering this request; its log on stderr says more",
    )
}

fn whole(mut response: Response<Bytes>) -> Response<ReplyBody> {
    drop_framing(response.headers_mut());
    response.map(ReplyBody::Whole)
}

fn truncated(
    response: Response<Bytes>,
    declared: Option<u64>,
    progress: Arc<Progress>,
) -> Response<ReplyBody> {
    let (mut head, body) = response.into_parts();
    drop_framing(&mut head.headers);
    if let Some(length) = declared {
        head.headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(head, ReplyBody::Truncated(Truncated::new(body, progress)))
}

/// Drops the headers that say where the body ends. A new map, since `remove` changes the order of the rest.
fn drop_framing(headers: &mut HeaderMap) {
    // Looking at the few names there are is less work than to look two up.
    if !headers.keys().any(is_framing) {
        return;
    }
    *headers = headers
        .iter()
        .filter(|(name, _)| !is_framing(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
}

fn is_framing(name: &HeaderName) -> bool {
    *name == CONTENT_LENGTH || *name == TRANSFER_ENCODING
}
