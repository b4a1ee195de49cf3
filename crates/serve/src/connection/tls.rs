//! TLS with a client that takes the server for a host of CodePipeline.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::{debug, warn};

use crate::connection::serve::ServerState;
use crate::intercept::ConnectTarget;

/// A fatal alert before any key is agreed on: the requested name is not known here
/// (RFC 8446, sections 5.1 and 6).
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// What HTTP runs over: a socket, or TLS on one.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin + Send {
    /// The socket below.
    fn socket(&mut self) -> &mut TcpStream;
}

impl Transport for TcpStream {
    fn socket(&mut self) -> &mut TcpStream {
        self
    }
}

impl Transport for TlsStream<PrefixedStream> {
    fn socket(&mut self) -> &mut TcpStream {
        &mut self.get_mut().0.socket
    }
}

/// Accepts TLS within [`Limits::head_timeout`](crate::Limits::head_timeout). `None` if that fails,
/// and if the server stops: no request has begun yet.
pub(super) async fn accept_tls<S>(
    stream: PrefixedStream,
    config: Arc<ServerConfig>,
    target: &ConnectTarget,
    server: &ServerState<S>,
) -> Option<Box<TlsStream<PrefixedStream>>> {
    let stopped = pin!(server.stopped());
    if server.is_stopping() {
        return None;
    }
    let handshake = timeout(
        server.limits.head_timeout,
        handshake(stream, config, target),
    );
    let result = tokio::select! {
        biased;
        () = stopped => return None,
        result = handshake => result,
    };
    match result {
        Ok(Ok(stream)) => stream.map(Box::new),
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            debug!(%target, "client gone before the end of its TLS handshake");
            None
        }
        Ok(Err(error)) => {
            warn!(
                %target,
                %error,
                "the TLS handshake with a client failed: does the client trust the certificate that `pipetape ca path` names?"
            );
            None
        }
        Err(_) => {
            debug!(%target, "the TLS handshake took too long");
            None
        }
    }
}

/// `None` if the client names another host in its handshake than in its `CONNECT`.
async fn handshake(
    stream: PrefixedStream,
    config: Arc<ServerConfig>,
    target: &ConnectTarget,
) -> io::Result<Option<TlsStream<PrefixedStream>>> {
    let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let name = hello.client_hello().server_name().map(str::to_owned);
    if name.is_some_and(|name| !target.is_named_by(&name)) {
        warn!(%target, "a client names another host in its TLS handshake than in its CONNECT");
        let mut stream = hello.io;
        stream.write_all(&UNRECOGNIZED_NAME).await?;
        stream.shutdown().await?;
        return Ok(None);
    }
    hello.into_stream(config).await.map(Some)
}

/// A socket from which some bytes were already read. Reading gives them first: a client may send
/// the first bytes of TLS together with its `CONNECT`.
pub(super) struct PrefixedStream {
    prefix: Bytes,
    socket: TcpStream,
}

impl PrefixedStream {
    pub(super) fn new(prefix: Bytes, socket: TcpStream) -> Self {
        Self { prefix, socket }
    }
}

impl AsyncRead for PrefixedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.prefix.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, buffer);
        }
        let count = self.prefix.len().min(buffer.remaining());
        buffer.put_slice(&self.prefix[..count]);
        self.prefix.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PrefixedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
