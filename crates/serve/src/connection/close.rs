//! Closing a connection the way its end calls for.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio::time::timeout;
use tracing::debug;

use crate::connection::progress::Progress;
use crate::connection::transport::Transport;
use crate::connection::watchdog::Late;
use crate::error_reply::aws_error;
use crate::limits::Limits;

/// How long a lingering connection waits for the client's next byte, and a closing one to say that it closes.
const LINGER_GAP: Duration = Duration::from_secs(2);

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Closed: both sides are done.
    Close,
    /// Closed where the response is meant to end. TLS does not say goodbye: its client is to see that something is
    /// missing.
    Cut,
    /// Closed once the client has stopped sending: closing a socket with bytes unread resets it,
    /// and the reset could overtake our answer.
    Linger,
    /// Reset: what is still on its way is thrown away.
    Reset,
    /// The client was late.
    Late(Late),
}

pub(crate) async fn close(
    mut stream: impl Transport,
    end: End,
    progress: &Progress,
    limits: &Limits,
) {
    debug!(?end, "connection ends");
    match end {
        End::Close | End::Late(Late::Idle) => {
            // Dropping the stream would do, but for bytes the client sent behind its last request.
            let _ = timeout(LINGER_GAP, stream.shutdown()).await;
        }
        End::Cut => {
            let _ = stream.socket().shutdown().await;
        }
        End::Linger => linger(stream, limits).await,
        End::Reset | End::Late(Late::Write) => reset(stream.socket()),
        End::Late(late @ (Late::Head | Late::Body | Late::Room)) => {
            let answer = raw(&too_late(late));
            // Nothing of a response has been sent in these phases, so this is the whole of one. It
            // fits in an empty send buffer; a client that lets it fill up gets no answer.
            if !progress.look().blocked && write_at_once(&mut stream, &answer).await {
                linger(stream, limits).await;
            } else {
                reset(stream.socket());
            }
        }
    }
}

/// Writes where nobody has to wait for it; says whether all of it was written.
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
    // Where the option is refused the socket is gone already.
    let _ = socket.set_zero_linger();
}

/// Ends our side, then discards what the client still sends: until it ends its own, falls silent, or
/// has had the time and the bytes that a body may take.
async fn linger(mut stream: impl Transport, limits: &Limits) {
    if !matches!(timeout(LINGER_GAP, stream.shutdown()).await, Ok(Ok(()))) {
        return;
    }
    // Below TLS: nobody wants to know what the bytes say.
    let socket = stream.socket();
    let mut discarded = 0;
    let discard = async {
        // On the heap: the future of a connection is copied to its task.
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
