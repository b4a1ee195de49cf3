//! Closing a connection so that its client sees what it is meant to see.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio::time::timeout;
use tracing::debug;

use crate::connection::progress::Progress;
use crate::connection::tls::Transport;
use crate::connection::watchdog::Timeout;
use crate::error_reply::ServerError;
use crate::limits::Limits;

/// How long a lingering connection waits for the client's next byte, and how long closing may take.
const LINGER_GAP: Duration = Duration::from_secs(2);

/// Why a connection is closed, and so how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CloseReason {
    /// Both sides are done.
    Done,
    /// The response is meant to end too early. TLS sends no close notification then, so that its
    /// client sees that something is missing.
    Truncated,
    /// There is an answer, and the client is still sending. The socket is closed once it has
    /// stopped: closing a socket with unread bytes resets it, and the reset could overtake the
    /// answer.
    Linger,
    /// The service wants a reset, or its streamed body failed: bytes that are still on their way
    /// are thrown away.
    Reset,
    /// The client exceeded a limit.
    Timeout(Timeout),
}

/// Closes the stream. If the client exceeded a limit before its request was complete, it is
/// answered first.
pub(super) async fn close(
    mut stream: impl Transport,
    reason: CloseReason,
    progress: &Progress,
    limits: &Limits,
) {
    debug!(?reason, "connection ends");
    match reason {
        CloseReason::Done | CloseReason::Timeout(Timeout::Idle) => {
            // Dropping the stream would reset it if the client has sent bytes after its last
            // request.
            let _ = timeout(LINGER_GAP, stream.shutdown()).await;
        }
        CloseReason::Truncated => {
            let _ = stream.socket().shutdown().await;
        }
        CloseReason::Linger => linger(stream, limits).await,
        CloseReason::Reset | CloseReason::Timeout(Timeout::Write | Timeout::BodyWhileStreaming) => {
            reset(stream.socket());
        }
        CloseReason::Timeout(Timeout::Head) => {
            refuse(stream, ServerError::HeadTimeout, progress, limits).await;
        }
        CloseReason::Timeout(Timeout::Body) => {
            refuse(stream, ServerError::BodyTimeout, progress, limits).await;
        }
        CloseReason::Timeout(Timeout::Capacity) => {
            refuse(stream, ServerError::NoCapacity, progress, limits).await;
        }
    }
}

/// Answers a request that was not complete in time. Nothing of a response has been sent then.
async fn refuse(
    mut stream: impl Transport,
    error: ServerError,
    progress: &Progress,
    limits: &Limits,
) {
    let answer = raw(&error.response());
    // It fits in an empty send buffer; a client that has let it fill up gets no answer.
    if !progress.snapshot().blocked && write_at_once(&mut stream, &answer).await {
        linger(stream, limits).await;
    } else {
        reset(stream.socket());
    }
}

/// Writes without waiting; says whether everything was written.
async fn write_at_once(stream: &mut impl Transport, bytes: &[u8]) -> bool {
    let mut writing = pin!(unconstrained(async {
        stream.write_all(bytes).await?;
        stream.flush().await
    }));
    poll_fn(|cx| {
        let polled = writing.as_mut().poll(cx);
        Poll::Ready(matches!(polled, Poll::Ready(Ok(()))))
    })
    .await
}

fn reset(socket: &TcpStream) {
    // If the option is refused, the socket is already closed.
    let _ = socket.set_zero_linger();
}

/// Ends our side, then discards what the client still sends, until it ends its own side, pauses for
/// [`LINGER_GAP`], or has had the time and the bytes that a body may take.
async fn linger(mut stream: impl Transport, limits: &Limits) {
    if !matches!(timeout(LINGER_GAP, stream.shutdown()).await, Ok(Ok(()))) {
        return;
    }
    // Below TLS: the bytes are discarded anyway.
    let socket = stream.socket();
    let mut discarded = 0;
    let discard = async {
        let mut scratch = vec![0; 8 * 1024];
        while discarded <= limits.max_body.saturating_mul(2) {
            match timeout(LINGER_GAP, socket.read(&mut scratch)).await {
                Ok(Ok(count @ 1..)) => discarded += count,
                _ => break,
            }
        }
    };
    let _ = timeout(limits.body_timeout, discard).await;
}

/// The bytes of a response, for a connection that hyper no longer writes.
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
