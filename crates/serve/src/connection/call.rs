//! One request, from hyper to the service and back.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Method, Response};
use http_body::Body;
use hyper::body::Incoming;
use rustls::ServerConfig;
use thiserror::Error;
use tokio::net::TcpStream;
use tracing::{debug, error};

use crate::connection::progress::{Phase, Progress};
use crate::connection::reply_body::{ReplyBody, streamed, truncated, whole};
use crate::connection::request_body::{BodyError, Collected, RequestStream, collect};
use crate::connection::serve::ServerState;
use crate::error_reply::ServerError;
use crate::intercept::ConnectTarget;
use crate::message::{BodyMode, Reply, Request, Service};

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
        let (head, body) = request.into_parts();
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
        let reply = match self.body_mode(&request, &body) {
            BodyMode::Whole => self.call_with_whole(&mut request, body).await,
            // Boxed: it is rare, and every call would have its memory.
            BodyMode::Stream { max_bytes } => {
                Box::pin(self.call_with_stream(&mut request, body, max_bytes)).await
            }
        };
        self.response(reply, is_connect)
    }

    fn body_mode(&self, head: &Request, body: &Incoming) -> BodyMode {
        if body.is_end_stream() {
            return BodyMode::Whole;
        }
        let chosen = catch_panic(|| self.server.service.body_mode(head));
        chosen.unwrap_or(BodyMode::Whole)
    }

    async fn call_with_whole(&self, request: &mut Request, mut body: Incoming) -> Reply {
        let limit = self.server.limits.max_body;
        match collect(&mut body, limit, &self.server.budget, &self.progress).await {
            Ok(Collected { bytes, reservation }) => {
                self.progress.enter(Phase::Call);
                request.body = bytes;
                let reply = run(|| self.server.service.call(request)).await;
                drop(reservation);
                reply
            }
            Err(error) => self.refuse(error, ServerError::BodyTooLarge { limit }),
        }
    }

    async fn call_with_stream(
        &self,
        request: &mut Request,
        body: Incoming,
        max_bytes: u64,
    ) -> Reply {
        let too_large = ServerError::StreamTooLarge { limit: max_bytes };
        if body.size_hint().lower() > max_bytes {
            return self.refuse(BodyError::TooLarge, too_large);
        }
        self.progress.enter(Phase::Call);
        let error = Arc::new(OnceLock::new());
        let progress = Arc::clone(&self.progress);
        let stream = RequestStream::new(body, max_bytes, Arc::clone(&error), progress);
        let reply = run(|| self.server.service.call_streamed(request, stream)).await;
        // Nothing of the reply has been sent yet, so the error is the answer.
        match error.get() {
            Some(error) => self.refuse(*error, too_large),
            None => reply,
        }
    }

    /// What hyper is given for a reply.
    fn response(
        &self,
        reply: Reply,
        is_connect: bool,
    ) -> Result<Response<ReplyBody>, ResetRequested> {
        if !matches!(reply, Reply::Stream { .. }) {
            self.progress.response_complete();
        }
        let mut response = match reply {
            Reply::Response(response) => whole(*response),
            Reply::Truncated {
                response,
                declared_length,
            } => truncated(*response, declared_length, Arc::clone(&self.progress)),
            Reply::Stream { response, end } => {
                self.progress.enter(Phase::Streaming);
                streamed(*response, end, Arc::clone(&self.progress))
            }
            Reply::Reset => return Err(ResetRequested),
            Reply::Intercept { tls, target } if is_connect => {
                let config = tls;
                self.connected(AfterConnect::Tls { config, target })
            }
            Reply::Tunnel(upstream) if is_connect => self.connected(AfterConnect::Tunnel(upstream)),
            Reply::Intercept { .. } | Reply::Tunnel(_) => {
                error!("a service gave a reply to CONNECT for a request that is not a CONNECT");
                whole(ServerError::ServiceFailed.response())
            }
        };
        if self.progress.is_body_unread() {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
        Ok(response)
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

    /// An answer to a request whose body cannot be read. The rest of the body is still on its way.
    fn refuse(&self, error: BodyError, too_large: ServerError) -> Reply {
        debug!(?error, "body refused");
        self.progress.leave_body_unread();
        Reply::from(match error {
            BodyError::TooLarge => too_large.response(),
            BodyError::Broken => ServerError::BodyBroken.response(),
        })
    }
}

/// Runs a call of the service to its end, also if it panics.
async fn run<F: Future<Output = Reply>>(call: impl FnOnce() -> F) -> Reply {
    let failed = || Reply::from(ServerError::ServiceFailed.response());
    let Ok(call) = catch_panic(call) else {
        return failed();
    };
    let mut call = pin!(call);
    poll_fn(|cx| match catch_panic(|| call.as_mut().poll(cx)) {
        Ok(polled) => polled,
        Err(Panicked) => Poll::Ready(failed()),
    })
    .await
}

struct Panicked;

/// Makes or polls a call, which may panic.
fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    // The service is shared, so it has to stay sound when one of its calls unwinds, as with
    // threads.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_panic| {
        error!("a call panicked; its client gets status 500");
        Panicked
    })
}
