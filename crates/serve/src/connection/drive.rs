//! HTTP on one stream, from its first byte to its end.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tracing::debug;

use crate::connection::call::{Calls, Onward};
use crate::connection::close::{End, close};
use crate::connection::progress::{AfterFlush, Progress};
use crate::connection::transport::Transport;
use crate::connection::watchdog::Watchdog;
use crate::connection::watched::Watched;
use crate::message::Service;

/// A stream on which a `CONNECT` was answered with 200.
pub(crate) struct Connected<T> {
    pub(crate) stream: T,
    /// What came behind the `CONNECT`.
    pub(crate) early: Bytes,
    pub(crate) onward: Onward,
}

/// Serves HTTP until the stream is closed, or turns into something else.
pub(crate) async fn drive<S: Service, T: Transport>(
    stream: T,
    calls: Calls<S>,
) -> Option<Connected<T>> {
    let (front, progress) = (&calls.front, &calls.progress);
    let service = service_fn(|request| calls.answer(request));
    let io = TokioIo::new(Watched::new(stream, Arc::clone(progress)));
    let mut http = front.http.serve_connection(io, service);
    let mut watchdog = Watchdog::new(&front.limits, progress);

    let mut stopped = pin!(front.stopped());
    let mut listening_for_stop = false;
    let mut stopping = false;
    let end = poll_fn(|cx| {
        if !listening_for_stop {
            listening_for_stop = true;
            // Polled this once, to be woken; the flag is what counts from then on.
            let _ = stopped.as_mut().poll(cx);
        }
        if front.is_stopping() && !stopping {
            stopping = true;
            Pin::new(&mut http).graceful_shutdown();
        }
        match Pin::new(&mut http).poll(cx) {
            Poll::Ready(result) => Poll::Ready(how_it_ended(result, progress)),
            Poll::Pending => watchdog.poll(progress, cx).map(End::Late),
        }
    })
    .await;
    let parts = http.into_parts();
    let stream = parts.io.into_inner().into_inner();
    match calls.take_onward() {
        Some(onward) if end == End::Close => Some(Connected {
            stream,
            early: parts.read_buf,
            onward,
        }),
        _ => {
            close(stream, end, progress, &front.limits).await;
            None
        }
    }
}

fn how_it_ended(result: Result<(), hyper::Error>, progress: &Progress) -> End {
    match progress.after_flush() {
        AfterFlush::Close => return End::Cut,
        AfterFlush::Linger => return End::Linger,
        AfterFlush::GoOn => {}
    }
    match result {
        Ok(()) => End::Close,
        // Only `ResetWanted` comes from our side: bodies do not fail.
        Err(error) if error.is_user() => End::Reset,
        Err(error) => {
            debug!(%error, "connection ended early");
            // hyper has answered a head it could not read; more of it may be on its way.
            if error.is_parse() {
                End::Linger
            } else {
                End::Close
            }
        }
    }
}
