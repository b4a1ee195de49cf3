//! Connections to hosts other than CodePipeline's, and why a client gets none.

use std::error::Error;
use std::future::Future;

use bytes::Bytes;
use http::{Response, StatusCode};
use pipetape_core::causes::with_causes;
use pipetape_core::protocol::error_response;
use thiserror::Error as ThisError;
use tokio::net::TcpStream;

use crate::intercept::ConnectTarget;

/// Decides which other hosts a client may reach through the server, and connects to them.
///
/// The bytes in a tunnel are neither read nor recorded.
pub trait Tunnels: Send + Sync + 'static {
    /// Connects to a host that is not one of CodePipeline's, in a limited time.
    fn open(
        &self,
        target: &ConnectTarget,
    ) -> impl Future<Output = Result<TcpStream, TunnelError>> + Send;

    /// Called for each refused `CONNECT`, and each refused request in an intercepted connection.
    /// `reason` is a short name for metrics.
    fn refused(&self, reason: &'static str) {
        let _ = reason;
    }
}

/// Why there is no tunnel.
#[derive(Debug)]
pub enum TunnelError {
    /// The host was not allowed.
    NotPermitted,
    /// The tunnel would lead back to the server.
    Ourselves,
    /// Connecting failed.
    Unreachable(Box<dyn Error + Send + Sync>),
}

/// Connects to no host: for servers that never dial.
#[derive(Clone, Copy, Debug)]
pub struct NoTunnels;

impl Tunnels for NoTunnels {
    async fn open(&self, _target: &ConnectTarget) -> Result<TcpStream, TunnelError> {
        Err(TunnelError::NotPermitted)
    }
}

/// Why a `CONNECT`, or a request in an intercepted connection, is refused before the service sees
/// it.
#[derive(Debug, ThisError)]
pub(super) enum ConnectRefusal {
    #[error(
        "pipetape is an HTTPS proxy only if it is run with --intercept: run it so, or point the client at it with \
         AWS_ENDPOINT_URL_CODEPIPELINE and leave HTTPS_PROXY out"
    )]
    NotIntercepting,
    #[error("CONNECT takes a host and a port, as in CONNECT example.com:443, and no body")]
    Malformed,
    #[error("CONNECT is not possible within a connection that pipetape intercepts")]
    Nested,
    #[error("pipetape intercepts the hosts of CodePipeline only on port 443, not {0}")]
    Port(ConnectTarget),
    #[error(
        "{target} is not a host of CodePipeline, and pipetape connects to no other: \
         `pipetape record --intercept --tunnel {}` lets it through, unread and unrecorded", target.host()
    )]
    ForeignHost { target: ConnectTarget },
    #[error("a tunnel to {0} would lead back to pipetape")]
    Ourselves(ConnectTarget),
    #[error("pipetape cannot connect to {target}: {}", with_causes(source.as_ref()))]
    Unreachable {
        target: ConnectTarget,
        source: Box<dyn Error + Send + Sync>,
    },
    #[error("this connection is to {0}, and the request's Host is another")]
    Misdirected(ConnectTarget),
}

impl ConnectRefusal {
    pub(super) fn of_tunnel(target: ConnectTarget, error: TunnelError) -> Self {
        match error {
            TunnelError::NotPermitted => Self::ForeignHost { target },
            TunnelError::Ourselves => Self::Ourselves(target),
            TunnelError::Unreachable(source) => Self::Unreachable { target, source },
        }
    }

    /// A short name for logs and metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::NotIntercepting => "not_intercepting",
            Self::Malformed => "malformed_connect",
            Self::Nested => "nested_connect",
            Self::Port(_) => "connect_port",
            Self::ForeignHost { .. } => "connect_host",
            Self::Ourselves(_) => "connect_ourselves",
            Self::Unreachable { .. } => "tunnel_unreachable",
            Self::Misdirected(_) => "misdirected",
        }
    }

    /// The only error here that an SDK retries is the one for a host that cannot be reached.
    pub(super) fn response(&self) -> Response<Bytes> {
        let (status, code) = match self {
            Self::NotIntercepting => (StatusCode::FORBIDDEN, "PipetapeNotInterceptingException"),
            Self::Malformed | Self::Nested => {
                (StatusCode::BAD_REQUEST, "PipetapeBadConnectException")
            }
            Self::Port(_)
            | Self::ForeignHost { .. }
            | Self::Ourselves(_)
            | Self::Misdirected(_) => (StatusCode::FORBIDDEN, "PipetapeForeignHostException"),
            Self::Unreachable { .. } => (StatusCode::BAD_GATEWAY, "PipetapeTunnelFailedException"),
        };
        error_response(status, code, &self.to_string())
    }
}
