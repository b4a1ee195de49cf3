//! One request, from hyper to the service and back.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Method, Response};
use hyper::body::Incoming;
use rustls::ServerConfig;
use thiserror::Error;
use tokio::net::TcpStream;
use tracing::{debug, error};

use crate::connection::progress::{AfterFlush, Phase, Progress};
use crate::connection::reply_body::{ReplyBody, truncated, whole};
use crate::connection::request_body::{BodyError, Collected, collect};
use crate::connection::serve::ServerState;
use crate::error_reply::ServerError;
use crate::intercept::ConnectTarget;
use crate::message::{Reply, Request, Service};

/// What the calls of one connection share.
pub(super) struct Calls<S> {
    pub(super) server: Arc<ServerState<S>>,
    pub(super) progress: Arc<Progress>,
    peer: SocketAddr,
    local: SocketAddr,
    /// The host that the client takes the server for.
    intercepted: Option<ConnectTarget>,
    after_connect: Mutex<Option<AfterConnect>>,
}

/// What follows the 200 to a `CONNECT`.
pub(super) enum AfterConnect {
    /// TLS that ends here.
    Tls {
        config: Arc<ServerConfig>,
        target: ConnectTarget,
    },
    /// Bytes to and from somebody else.
    Tunnel(TcpStream),
}

/// The service wants the connection reset. Given to hyper as an error, which ends the connection.
#[derive(Debug, Error)]
#[error("the connection is to be reset")]
pub(super) struct ResetRequested;

impl<S: Service> Calls<S> {
    pub(super) fn new(
        server: Arc<ServerState<S>>,
        peer: SocketAddr,
        local: SocketAddr,
        intercepted: Option<ConnectTarget>,
    ) -> Self {
        Self {
            server,
            progress: Arc::default(),
            peer,
            local,
            intercepted,
            after_connect: Mutex::new(None),
        }
    }

    /// Answers a request.
    pub(super) async fn answer(
        &self,
        request: hyper::Request<Incoming>,
    ) -> Result<Response<ReplyBody>, ResetRequested> {
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
        let limit = self.server.limits.max_body;
        let collected = collect(&mut body, limit, &self.server.budget, &self.progress).await;
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
        self.response(reply, is_connect)
    }

    /// What hyper is given for a reply.
    fn response(
        &self,
        reply: Reply,
        is_connect: bool,
    ) -> Result<Response<ReplyBody>, ResetRequested> {
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
            Reply::Reset => Err(ResetRequested),
            Reply::Intercept { tls, target } if is_connect => {
                let config = tls;
                Ok(self.connected(AfterConnect::Tls { config, target }))
            }
            Reply::Tunnel(upstream) if is_connect => {
                Ok(self.connected(AfterConnect::Tunnel(upstream)))
            }
            Reply::Intercept { .. } | Reply::Tunnel(_) => {
                error!("a service gave a reply to CONNECT for a request that is not a CONNECT");
                Ok(whole(ServerError::ServiceFailed.response()))
            }
        }
    }

    async fn call(&self, request: &mut Request) -> Reply {
        let failed = || Reply::from(ServerError::ServiceFailed.response());
        let Ok(call) = catch_panic(|| self.server.service.call(request)) else {
            return failed();
        };
        let mut call = pin!(call);
        poll_fn(|cx| match catch_panic(|| call.as_mut().poll(cx)) {
            Ok(polled) => polled,
            Err(Panicked) => Poll::Ready(failed()),
        })
        .await
    }

    /// After a 200 to a `CONNECT`, hyper ends and gives the stream back.
    fn connected(&self, after: AfterConnect) -> Response<ReplyBody> {
        *self.after_connect() = Some(after);
        whole(Response::new(Bytes::new()))
    }

    /// What follows on the connection, once hyper has ended.
    pub(super) fn take_after_connect(&self) -> Option<AfterConnect> {
        self.after_connect().take()
    }

    /// Its value is replaced in one step, so a panic elsewhere leaves it whole.
    fn after_connect(&self) -> MutexGuard<'_, Option<AfterConnect>> {
        self.after_connect
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer to a request whose body was not taken. The rest of the body is still on its way.
    fn refuse(&self, error: &BodyError) -> Response<Bytes> {
        debug!(?error, "body refused");
        self.progress.end_after_flush(AfterFlush::Linger);
        let error = match error {
            BodyError::TooLarge => ServerError::BodyTooLarge {
                limit: self.server.limits.max_body,
            },
            BodyError::Broken => ServerError::BodyBroken,
        };
        let mut response = error.response();
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }
}

struct Panicked;

/// Makes or polls a call, which may panic.
fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    // The service is shared, so it has to stay sound when one of its calls unwinds, as with threads.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_panic| {
        error!("a call panicked; its client gets status 500");
        Panicked
    })
}
