//! The TLS handshake with a client that takes us for somebody else.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::{debug, warn};

use crate::connection::early::Early;
use crate::connection::front::Front;
use crate::intercept::ConnectTarget;

/// A fatal alert before any key is agreed on: the name asked for is not known here (RFC 8446, sections 5.1 and 6).
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// Shakes hands, within the time that a head may take. A stopping server shakes no hands: no request has begun.
pub(crate) async fn handshake<S>(
    stream: Early,
    config: Arc<ServerConfig>,
    target: &ConnectTarget,
    front: &Front<S>,
) -> Option<Box<TlsStream<Early>>> {
    let stopped = pin!(front.stopped());
    if front.is_stopping() {
        return None;
    }
    let shaking = timeout(front.limits.head_timeout, shake(stream, config, target));
    let shaken = tokio::select! {
        biased;
        () = stopped => return None,
        shaken = shaking => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => stream.map(Box::new),
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            debug!(%target, "client gone before it had shaken hands");
            None
        }
        Ok(Err(error)) => {
            warn!(
                %target,
                %error,
                "a client gave up the TLS handshake, or sent what is none: does it trust the certificate that `pipetape ca path` names?"
            );
            None
        }
        Err(_) => {
            debug!(%target, "the TLS handshake took too long");
            None
        }
    }
}

async fn shake(
    stream: Early,
    config: Arc<ServerConfig>,
    target: &ConnectTarget,
) -> io::Result<Option<TlsStream<Early>>> {
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
