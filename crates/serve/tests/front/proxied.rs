//! A server that is an HTTPS proxy, and clients that come through it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use pipetape_serve::Limits;
use pipetape_serve::intercept::{ConnectTarget, TunnelError, Tunnels, WithInterception};
use pipetape_testkit::{Authority, Client};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::server::{Scripted, Server};

pub(crate) const HOST: &str = "codepipeline.us-east-1.amazonaws.com";

/// Tunnels to wherever `open.test` is said to be; and what was refused.
#[derive(Clone, Default)]
pub(crate) struct Doors {
    pub(crate) open: Option<SocketAddr>,
    pub(crate) refused: Arc<Mutex<Vec<&'static str>>>,
}

impl Tunnels for Doors {
    async fn open(&self, target: &ConnectTarget) -> Result<TcpStream, TunnelError> {
        match (target.host(), self.open) {
            ("open.test", Some(address)) => TcpStream::connect(address)
                .await
                .map_err(|error| TunnelError::Unreachable(error.into())),
            ("self.test", _) => Err(TunnelError::Ourselves),
            _ => Err(TunnelError::NotPermitted),
        }
    }

    fn refused(&self, reason: &'static str) {
        self.refused.lock().unwrap().push(reason);
    }
}

/// A server, and what its clients trust.
pub(crate) struct Proxy {
    pub(crate) server: Server,
    pub(crate) authority: Authority,
    pub(crate) doors: Doors,
}

impl Proxy {
    pub(crate) async fn start(limits: Limits) -> Proxy {
        Proxy::with(Scripted::default(), Doors::default(), limits).await
    }

    pub(crate) async fn with(service: Scripted, doors: Doors, limits: Limits) -> Proxy {
        let authority = Authority::for_host(HOST);
        let service = WithInterception::new(service, doors.clone())
            .intercepting(Arc::clone(&authority.server));
        Proxy {
            server: Server::with(service, limits).await,
            authority,
            doors,
        }
    }

    /// A connection on which `CONNECT` was answered with 200.
    pub(crate) async fn connected(&self, target: &str) -> TcpStream {
        let mut client = self.server.client().await;
        client
            .send(format!(
                "CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n"
            ))
            .await;
        assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\n\r\n");
        client.into_stream()
    }

    /// A client of [`HOST`], after the handshake.
    pub(crate) async fn client(&self) -> Client<TlsStream<TcpStream>> {
        let stream = self.connected(&format!("{HOST}:443")).await;
        Client::on(self.authority.connect(stream, HOST).await.unwrap())
    }
}
