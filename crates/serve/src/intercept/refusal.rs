//! What a client is told that asked to be connected with somebody else.

use std::error::Error;

use bytes::Bytes;
use http::{Response, StatusCode};
use pipetape_core::causes::with_causes;
use thiserror::Error;

use crate::error_reply::aws_error;
use crate::intercept::{ConnectTarget, TunnelError};

/// Why a request is refused before the service sees it.
#[derive(Debug, Error)]
pub(super) enum Refusal {
    #[error(
        "pipetape is no HTTPS proxy unless it is run with --intercept: run it so, or point the client at it with \
         AWS_ENDPOINT_URL_CODEPIPELINE and leave HTTPS_PROXY out"
    )]
    NotIntercepting,
    #[error("CONNECT takes a host and a port, as in CONNECT example.com:443, and no body")]
    Malformed,
    #[error("CONNECT within a connection that pipetape intercepts leads nowhere")]
    Nested,
    #[error("pipetape intercepts the hosts of CodePipeline on port 443 alone, not {0}")]
    Port(ConnectTarget),
    #[error(
        "{target} is none of CodePipeline's hosts, and pipetape connects to no other: \
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

impl Refusal {
    pub(super) fn of_tunnel(target: ConnectTarget, error: TunnelError) -> Refusal {
        match error {
            TunnelError::NotPermitted => Refusal::ForeignHost { target },
            TunnelError::Ourselves => Refusal::Ourselves(target),
            TunnelError::Unreachable(source) => Refusal::Unreachable { target, source },
        }
    }

    /// A short name for logs and counts.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Refusal::NotIntercepting => "not_intercepting",
            Refusal::Malformed => "malformed_connect",
            Refusal::Nested => "nested_connect",
            Refusal::Port(_) => "connect_port",
            Refusal::ForeignHost { .. } => "connect_host",
            Refusal::Ourselves(_) => "connect_ourselves",
            Refusal::Unreachable { .. } => "tunnel_unreachable",
            Refusal::Misdirected(_) => "misdirected",
        }
    }

    /// No code here is one that some SDK tries again for, but for the host that can't be reached.
    pub(super) fn response(&self) -> Response<Bytes> {
        let (status, code) = match self {
            Refusal::NotIntercepting => (StatusCode::FORBIDDEN, "PipetapeNotInterceptingException"),
            Refusal::Malformed | Refusal::Nested => {
                (StatusCode::BAD_REQUEST, "PipetapeBadConnectException")
            }
            Refusal::Port(_)
            | Refusal::ForeignHost { .. }
            | Refusal::Ourselves(_)
            | Refusal::Misdirected(_) => (StatusCode::FORBIDDEN, "PipetapeForeignHostException"),
            Refusal::Unreachable { .. } => {
                (StatusCode::BAD_GATEWAY, "PipetapeTunnelFailedException")
            }
        };
        aws_error(status, code, &self.to_string())
    }
}
