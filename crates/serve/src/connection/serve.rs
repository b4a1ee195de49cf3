//! What a connection is, one thing after the other.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tracing::debug;

use crate::connection::call::{Calls, Onward};
use crate::connection::drive::{Connected, drive};
use crate::connection::early::Early;
use crate::connection::front::Front;
use crate::connection::handshake::handshake;
use crate::connection::progress::Progress;
use crate::connection::relay::relay;
use crate::intercept::ConnectTarget;
use crate::message::Service;

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
    let connection = Connection { peer, local, front };
    let Some(connected) = drive(stream, connection.calls(None)).await else {
        return;
    };
    // Boxed to keep the task of a connection without a `CONNECT` small.
    Box::pin(connection.go_on(connected)).await;
}

/// What stays the same, whatever a connection turns into.
struct Connection<S> {
    peer: SocketAddr,
    local: SocketAddr,
    front: Arc<Front<S>>,
}

impl<S: Service> Connection<S> {
    fn calls(&self, intercepted: Option<ConnectTarget>) -> Calls<S> {
        Calls {
            front: Arc::clone(&self.front),
            progress: Arc::new(Progress::default()),
            peer: self.peer,
            local: self.local,
            intercepted,
            onward: Mutex::new(None),
        }
    }

    async fn go_on(&self, connected: Connected<TcpStream>) {
        let Connected {
            stream,
            early,
            onward,
        } = connected;
        match onward {
            Onward::Tls { config, target } => self.intercept(stream, early, config, target).await,
            Onward::Tunnel(upstream) => relay(stream, early, upstream, &self.front).await,
        }
    }

    async fn intercept(
        &self,
        stream: TcpStream,
        early: Bytes,
        config: Arc<ServerConfig>,
        target: ConnectTarget,
    ) {
        let stream = Early::new(early, stream);
        if let Some(stream) = handshake(stream, config, &target, &self.front).await {
            // A `CONNECT` inside is refused: nothing follows.
            drive(*stream, self.calls(Some(target))).await;
        }
    }
}
