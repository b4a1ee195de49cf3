//! A tunnel: bytes as they come, both ways.

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

use crate::connection::front::Front;

/// What each direction holds at most.
const BUFFER: usize = 16 * 1024;
/// How long a tunnel may be still once the server stops. Nobody knows what its bytes mean: a pause is the only sign
/// that they are all through.
const STOPPING_IDLE: Duration = Duration::from_millis(500);

/// Passes bytes on until both sides have ended, one has failed, or neither moves any more.
pub(crate) async fn relay<S>(
    mut client: TcpStream,
    early: Bytes,
    mut upstream: TcpStream,
    front: &Front<S>,
) {
    let moved = AtomicU64::new(0);
    let (from_client, to_client) = client.split();
    let (from_upstream, to_upstream) = upstream.split();
    let up = pump((&early[..]).chain(from_client), to_upstream, &moved);
    let down = pump(from_upstream, to_client, &moved);
    let mut both = pin!(async { tokio::try_join!(up, down) });
    let mut stopped = pin!(front.stopped());
    let mut stopping = front.is_stopping();
    let end = loop {
        let before = moved.load(Relaxed);
        let idle = if stopping {
            STOPPING_IDLE
        } else {
            front.limits.idle_timeout
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

/// Copies until the end, and passes that on too.
async fn pump(
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
