//! Connections to hosts that are none of CodePipeline's.

use std::error::Error;
use std::future::Future;

use tokio::net::TcpStream;

use crate::intercept::ConnectTarget;

/// Says which hosts a client may reach through us unseen, and connects to them.
///
/// What goes through a tunnel is neither read nor kept.
pub trait Tunnels: Send + Sync + 'static {
    /// Connects to a host that is none of CodePipeline's, in a bounded time.
    fn open(
        &self,
        target: &ConnectTarget,
    ) -> impl Future<Output = Result<TcpStream, TunnelError>> + Send;

    /// Told of each request to connect, or within an intercepted connection, that was refused; `reason` is a short name
    /// for counts.
    fn refused(&self, reason: &'static str) {
        let _ = reason;
    }
}

/// Why there is no tunnel.
#[derive(Debug)]
pub enum TunnelError {
    /// Nobody has allowed that host.
    NotPermitted,
    /// It would lead back to us.
    Ourselves,
    /// Nothing could be connected to.
    Unreachable(Box<dyn Error + Send + Sync>),
}

/// Connects to nobody: for servers that dial nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoTunnels;

impl Tunnels for NoTunnels {
    async fn open(&self, _target: &ConnectTarget) -> Result<TcpStream, TunnelError> {
        Err(TunnelError::NotPermitted)
    }
}
