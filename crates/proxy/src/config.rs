//! What a recording is told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pipetape_core::Region;
use pipetape_serve::admin::AdminToken;
use rustls::ServerConfig;

use crate::resolve::Resolve;
use crate::tunnel_hosts::TunnelHost;
use crate::upstream_url::UpstreamUrl;

/// Who signs what is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sign {
    /// We do, with credentials of the standard AWS chain.
    #[default]
    Resign,
    /// The client's signature passes untouched.
    Keep,
}

/// How to be an HTTPS proxy.
#[derive(Debug, Clone)]
pub struct InterceptConfig {
    /// TLS as CodePipeline's hosts, with a certificate for the name asked for.
    pub tls: Arc<ServerConfig>,
    /// Hosts that clients may reach through us, unread and unrecorded.
    pub tunnel: Vec<TunnelHost>,
}

/// How to record.
#[derive(Debug, Clone)]
pub struct RecordConfig {
    /// Where to forward to; `None` derives it from [`region`](RecordConfig::region), else from the region in
    /// the client's credential scope; for an intercepted request it is the host that the client asked for.
    pub upstream: Option<UpstreamUrl>,
    /// Further trusted roots (PEM) for the upstream.
    pub upstream_ca: Option<PathBuf>,
    /// Addresses in the place of DNS's.
    pub resolve: Vec<Resolve>,
    /// Whether we are an HTTPS proxy too, and how. The signature of an intercepted request is always its client's.
    pub intercept: Option<InterceptConfig>,
    /// Who signs.
    pub sign: Sign,
    /// The profile for credentials, before keys in the environment; `None` is the chain's own choice.
    pub profile: Option<String>,
    /// The region to sign for and to forward to; `None` takes the client's.
    pub region: Option<Region>,
    /// Our own address: credential calls never go there.
    pub listen: SocketAddr,
    /// Largest response body taken from upstream, in bytes. A larger answer is
    /// [`Fault::Malformed`](pipetape_tape::Fault::Malformed) to the client and on the tape.
    pub max_body: usize,
    /// How long an upstream may take for a whole answer, connecting included.
    pub upstream_timeout: Duration,
    /// Opens the admin routes to others than this machine.
    pub admin_token: Option<AdminToken>,
}
