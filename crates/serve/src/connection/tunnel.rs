//! A tunnel: bytes that pass both ways, unread.

use std::io;
use std::pin::pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tracing::debug;

use crate::connection::serve::ServerState;

/// How many bytes each direction holds at most.
const BUFFER: usize = 16 * 1024;
/// How long a tunnel may be idle once the server stops. The server does not know what the bytes
/// mean, so a pause is the only sign that all of them have passed.
const STOPPING_IDLE: Duration = Duration::from_millis(500);

/// Passes bytes on until both sides have ended, one has failed, or nothing has moved for
/// [`Limits::idle_timeout`](crate::Limits::idle_timeout). `prefix` was already read from the
/// client.
pub(super) async fn tunnel<S>(
    mut client: TcpStream,
    prefix: Bytes,
    mut upstream: TcpStream,
    server: &ServerState<S>,
) {
    let moved = AtomicU64::new(0);
    let (from_client, to_client) = client.split();
    let (from_upstream, to_upstream) = upstream.split();
    let up = copy((&prefix[..]).chain(from_client), to_upstream, &moved);
    let down = copy(from_upstream, to_client, &moved);
    let mut both = pin!(async { tokio::try_join!(up, down) });
    let mut stopped = pin!(server.stopped());
    let mut stopping = server.is_stopping();
    let end = loop {
        let before = moved.load(Relaxed);
        let idle = if stopping {
            STOPPING_IDLE
        } else {
            server.limits.idle_timeout
        };
        tokio::select! {
            biased;
            ended = &mut both => break ended.map(drop),
            () = &mut stopped, if !stopping => stopping = true,
            () = sleep(idle) => if moved.load(Relaxed) == before {
                break Err(io::ErrorKind::TimedOut.into());
            }
        }
    };
    debug!(
        error = end.err().map(|error| error.to_string()),
        "tunnel ends"
    );
}

/// Copies until the end, and passes the end on too. Counts in `moved` the writes that succeeded.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    moved: &AtomicU64,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let written = to.write(rest).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            moved.fetch_add(1, Relaxed);
            rest = &rest[written..];
        }
    }
}
