//! What a server's connections share, and how one of them is served.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tracing::debug;

use crate::connection::call::{AfterConnect, Calls};
use crate::connection::close::{CloseReason, close};
use crate::connection::instrumented_io::InstrumentedIo;
use crate::connection::progress::{AfterFlush, Progress};
use crate::connection::tls::{PrefixedStream, Transport, accept_tls};
use crate::connection::tunnel::tunnel;
use crate::connection::watchdog::Watchdog;
use crate::limits::{Budget, DateHeader, Limits};
use crate::message::Service;

/// The smallest buffer that hyper allows.
const MIN_HEAD: usize = 8 * 1024;

/// What all connections of one server share: its service, its limits, and the way to stop it.
pub(crate) struct ServerState<S> {
    pub(crate) service: S,
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
    http: http1::Builder,
    stopping: AtomicBool,
    stop: Notify,
}

impl<S> ServerState<S> {
    pub(crate) fn new(service: S, limits: Limits, date: DateHeader) -> Self {
        let mut http = http1::Builder::new();
        http.auto_date_header(date == DateHeader::Current)
            // A client that closes its sending half still wants its answer, and one that goes away
            // must not end a call half-way: an exchange that has begun is recorded.
            .half_close(true)
            // hyper's timeout also runs on an idle connection: ours are in `watchdog`.
            .header_read_timeout(None)
            // Also the limit of a head. Not `max_headers`: setting it moves hyper's header table to
            // the heap.
            .max_buf_size(limits.max_head.max(MIN_HEAD));
        Self {
            budget: Budget::new(limits.body_budget),
            service,
            limits,
            http,
            stopping: AtomicBool::new(false),
            stop: Notify::new(),
        }
    }

    /// Asks every connection to finish.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.stop.notify_waiters();
    }

    /// Cheap enough to ask on every poll, unlike [`ServerState::stopped`].
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Wakes the task that polled it once the server stops.
    pub(crate) fn stopped(&self) -> Notified<'_> {
        self.stop.notified()
    }
}

/// Serves one connection until it is closed.
pub(crate) async fn serve_connection<S: Service>(
    stream: TcpStream,
    peer: SocketAddr,
    server: Arc<ServerState<S>>,
) {
    let (Ok(local), Ok(())) = (stream.local_addr(), stream.set_nodelay(true)) else {
        debug!("client gone before it was served");
        return;
    };
    let calls = |intercepted| Calls::new(Arc::clone(&server), peer, local, intercepted);
    let Some(connected) = serve_http(stream, calls(None)).await else {
        return;
    };
    // Boxed, so that the task of a connection without a `CONNECT` has no memory for what follows
    // one.
    Box::pin(async {
        let Connected {
            stream,
            prefix,
            after,
        } = connected;
        match after {
            AfterConnect::Tunnel(upstream) => tunnel(stream, prefix, upstream, &server).await,
            AfterConnect::Tls { config, target } => {
                let stream = PrefixedStream::new(prefix, stream);
                if let Some(stream) = accept_tls(stream, config, &target, &server).await {
                    // A `CONNECT` inside is refused, so nothing follows.
                    serve_http(*stream, calls(Some(target))).await;
                }
            }
        }
    })
    .await;
}

/// A stream on which a `CONNECT` was answered with 200.
struct Connected<T> {
    stream: T,
    /// The bytes that were received together with the `CONNECT`.
    prefix: Bytes,
    after: AfterConnect,
}

/// Serves HTTP on a stream until the stream is closed, or `None`, or until a `CONNECT` is answered.
async fn serve_http<S: Service, T: Transport>(stream: T, calls: Calls<S>) -> Option<Connected<T>> {
    let (server, progress) = (&calls.server, &calls.progress);
    let service = service_fn(|request| calls.answer(request));
    let io = TokioIo::new(InstrumentedIo::new(stream, Arc::clone(progress)));
    let mut http = server.http.serve_connection(io, service);
    let mut watchdog = Watchdog::new(&server.limits, progress);

    let mut stopped = pin!(server.stopped());
    let mut listening_for_stop = false;
    let mut stopping = false;
    let reason = poll_fn(|cx| {
        if !listening_for_stop {
            listening_for_stop = true;
            // Polled this once, to be woken; from then on the flag counts.
            let _ = stopped.as_mut().poll(cx);
        }
        if server.is_stopping() && !stopping {
            stopping = true;
            Pin::new(&mut http).graceful_shutdown();
        }
        match Pin::new(&mut http).poll(cx) {
            Poll::Ready(result) => Poll::Ready(close_reason(result, progress)),
            Poll::Pending => watchdog.poll(progress, cx).map(CloseReason::Timeout),
        }
    })
    .await;
    let parts = http.into_parts();
    let stream = parts.io.into_inner().into_inner();
    match calls.take_after_connect() {
        Some(after) if reason == CloseReason::Done => Some(Connected {
            stream,
            prefix: parts.read_buf,
            after,
        }),
        _ => {
            close(stream, reason, progress, &server.limits).await;
            None
        }
    }
}

fn close_reason(result: Result<(), hyper::Error>, progress: &Progress) -> CloseReason {
    match progress.after_flush() {
        AfterFlush::Close => return CloseReason::Truncated,
        AfterFlush::Linger => return CloseReason::Linger,
        AfterFlush::Continue => {}
    }
    match result {
        Ok(()) => CloseReason::Done,
        // Errors of our side are `ResetRequested`, and those of streamed bodies.
        Err(error) if error.is_user() => CloseReason::Reset,
        Err(error) => {
            debug!(%error, "connection ended early");
            // hyper has answered a head that it could not read; more of it may be on its way.
            if error.is_parse() {
                CloseReason::Linger
            } else {
                CloseReason::Done
            }
        }
    }
}
