//! Driving one connection to its end.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use crate::connection::call::Calls;
use crate::connection::front::Front;
use crate::connection::progress::{AfterFlush, Progress};
use crate::connection::waker::Wakers;
use crate::connection::watchdog::{Late, Watchdog};
use crate::connection::watched::Watched;
use crate::error_reply::aws_error;
use crate::limits::Limits;
use crate::message::Service;

/// How long a lingering connection waits for the client's next byte.
const LINGER_GAP: Duration = Duration::from_secs(2);

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Closed: both sides are done, or the response is meant to end here.
    Close,
    /// Closed once the client has stopped sending: closing a socket with bytes unread resets it,
    /// and the reset could overtake our answer.
    Linger,
    /// Reset: what is still on its way is thrown away.
    Reset,
    /// The client was late.
    Late(Late),
}

/// Serves one connection until it is closed.
pub(crate) async fn serve_connection<S: Service>(
    stream: TcpStream,
    peer: SocketAddr,
    front: Arc<Front<S>>,
) {
    let (Ok(local), Ok(())) = (stream.local_addr(), stream.set_nodelay(true)) else {
        debug!("client gone before it was served");
        return;
    };
    let progress = Arc::new(Progress::default());
    let calls = Arc::new(Calls {
        front: Arc::clone(&front),
        progress: Arc::clone(&progress),
        peer,
        local,
    });
    let service = service_fn(move |request| {
        let calls = Arc::clone(&calls);
        async move { calls.answer(request).await }
    });
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&progress)));
    let mut http = front.http.serve_connection(io, service);
    let mut wakers = Wakers::default();
    let mut watchdog = Watchdog::new(&front.limits, &progress);

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
        let waker = wakers.for_task(cx.waker());
        match Pin::new(&mut http).poll(&mut Context::from_waker(waker)) {
            Poll::Ready(result) => Poll::Ready(how_it_ended(result, &progress)),
            Poll::Pending => watchdog.poll(&progress, cx).map(End::Late),
        }
    })
    .await;
    let stream = http.into_parts().io.into_inner().into_inner();
    close(stream, end, &progress, &front.limits).await;
}

fn how_it_ended(result: Result<(), hyper::Error>, progress: &Progress) -> End {
    match progress.after_flush() {
        AfterFlush::Close => return End::Close,
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

async fn close(mut stream: TcpStream, end: End, progress: &Progress, limits: &Limits) {
    debug!(?end, "connection ends");
    match end {
        End::Close | End::Late(Late::Idle) => {
            // Dropping the stream would do, but for bytes the client sent behind its last request.
            let _ = stream.shutdown().await;
        }
        End::Linger => linger(stream, limits).await,
        End::Reset | End::Late(Late::Write) => reset(&stream),
        End::Late(late @ (Late::Head | Late::Body | Late::Room)) => {
            let answer = raw(&too_late(late));
            // Nothing of a response has been sent in these phases, so this is the whole of one. It
            // fits in an empty send buffer; a client that lets it fill up gets no answer.
            if !progress.look().blocked && stream.try_write(&answer).is_ok() {
                linger(stream, limits).await;
            } else {
                reset(&stream);
            }
        }
    }
}

fn reset(stream: &TcpStream) {
    // Where the option is refused the socket is gone already.
    let _ = stream.set_zero_linger();
}

/// Ends our side, then discards what the client still sends: until it ends its own, falls silent, or
/// has had the time and the bytes that a body may take.
async fn linger(mut stream: TcpStream, limits: &Limits) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut discarded = 0;
    let discard = async {
        let mut scratch = [0; 8 * 1024];
        while discarded <= limits.max_body.saturating_mul(2) {
            match timeout(LINGER_GAP, stream.read(&mut scratch)).await {
                Ok(Ok(count @ 1..)) => discarded += count,
                _ => break,
            }
        }
    };
    let _ = timeout(limits.body_timeout, discard).await;
}

fn too_late(late: Late) -> Response<Bytes> {
    let slow = |message| aws_error(StatusCode::REQUEST_TIMEOUT, "SlowRequestException", message);
    match late {
        Late::Body => slow("the request's body did not arrive in time"),
        Late::Room => aws_error(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailableException",
            "too many large requests at once: there is no room for this one's body",
        ),
        Late::Head | Late::Idle | Late::Write => {
            slow("the request's headers did not arrive in time")
        }
    }
}

/// A response as its bytes, for a connection that hyper no longer holds.
fn raw(response: &Response<Bytes>) -> Vec<u8> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or("");
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).into_bytes();
    for (name, value) in response.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let length = response.body().len();
    bytes.extend_from_slice(
        format!("content-length: {length}\r\nconnection: close\r\n\r\n").as_bytes(),
    );
    bytes.extend_from_slice(response.body());
    bytes
}
