//! Tunnels to hosts that the user has named.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use pipetape_serve::intercept::{ConnectTarget, TunnelError, Tunnels};
use tokio::net::TcpStream;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tracing::info;

use crate::own_address;
use crate::tally::Tally;
use crate::tunnel_hosts::TunnelHost;
use crate::upstream::Dial;

/// Connects to the hosts that `--tunnel` names, the way upstream is connected to, and to no other.
#[derive(Debug)]
pub(crate) struct NamedTunnels {
    pub(crate) hosts: Vec<TunnelHost>,
    pub(crate) dial: Dial,
    /// Our own address: no tunnel leads there.
    pub(crate) listen: SocketAddr,
    /// How long connecting may take, a proxy's part included.
    pub(crate) timeout: Duration,
    pub(crate) tally: Arc<Tally>,
}

/// Nobody answered in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer in {0:?}")]
struct TooLate(Duration, #[source] Elapsed);

impl Tunnels for NamedTunnels {
    async fn open(&self, target: &ConnectTarget) -> Result<TcpStream, TunnelError> {
        if !self.hosts.iter().any(|host| host.allows(target)) {
            return Err(TunnelError::NotPermitted);
        }
        if own_address::is(target.host(), target.port(), self.listen) {
            return Err(TunnelError::Ourselves);
        }
        let uri = Uri::builder()
            .scheme("https")
            .authority(target.to_string())
            .path_and_query("/")
            .build()
            .map_err(|error| TunnelError::Unreachable(error.into()))?;
        let dialled = timeout(self.timeout, self.dial.connect(uri)).await;
        let stream = dialled
            .map_err(|late| TunnelError::Unreachable(TooLate(self.timeout, late).into()))?
            .map_err(|error| TunnelError::Unreachable(error.into()))?;
        // A name may lead anywhere, also to us.
        let peer = stream.peer_addr();
        if peer.is_ok_and(|peer| self.is_us(peer, &stream)) {
            return Err(TunnelError::Ourselves);
        }
        info!(%target, "tunnel");
        Ok(stream)
    }

    fn refused(&self, reason: &'static str) {
        self.tally.refused(reason);
    }
}

impl NamedTunnels {
    /// Whether the other end is us: by our address, or by our port on an address that both ends have.
    fn is_us(&self, peer: SocketAddr, stream: &TcpStream) -> bool {
        let same_machine = stream
            .local_addr()
            .is_ok_and(|local| local.ip() == peer.ip());
        let takes_all = self.listen.ip().is_unspecified() && same_machine;
        own_address::is(&peer.ip().to_string(), peer.port(), self.listen)
            || (takes_all && peer.port() == self.listen.port())
    }
}
