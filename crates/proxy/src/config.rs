//! How to record: where to, who signs, within which limits.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pipetape_core::Region;
use pipetape_serve::Limits;
use pipetape_serve::admin::AdminToken;
use rustls::ServerConfig;

use crate::addresses::Resolve;
use crate::environment::Environment;
use crate::tunnels::TunnelHost;
use crate::upstream_url::UpstreamUrl;

/// Who signs what is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sign {
    /// We do, with credentials of the standard AWS chain.
    #[default]
    Resign,
    /// The client's signature stays as it is.
    Keep,
}

/// How to be an HTTPS proxy.
#[derive(Debug, Clone)]
pub struct InterceptConfig {
    /// TLS as CodePipeline's hosts, with a certificate for the name asked for.
    pub tls: Arc<ServerConfig>,
    /// Hosts that clients may reach through the recorder, unread and unrecorded.
    pub tunnel: Vec<TunnelHost>,
}

/// How to record.
#[derive(Debug, Clone)]
pub struct RecordConfig {
    /// Where to forward to; `None` derives it from [`region`](RecordConfig::region), else from the
    /// region in the client's credential scope; for an intercepted request it is the host that the
    /// client asked for.
    pub upstream: Option<UpstreamUrl>,
    /// Further trusted roots (PEM) for the upstream.
    pub upstream_ca: Option<PathBuf>,
    /// Addresses that replace those of DNS.
    pub resolve: Vec<Resolve>,
    /// Whether the recorder is an HTTPS proxy too, and how. An intercepted request always keeps its
    /// client's signature.
    pub intercept: Option<InterceptConfig>,
    /// Who signs.
    pub sign: Sign,
    /// The profile for credentials, before keys in the environment; `None` leaves the choice to the
    /// chain.
    pub profile: Option<String>,
    /// The region to sign for and to forward to; `None` takes the client's.
    pub region: Option<Region>,
    /// Our own address: credential calls never go there.
    pub listen: SocketAddr,
    /// Largest response body taken from upstream, in bytes. A larger answer is
    /// [`Fault::Malformed`](pipetape_tape::Fault::Malformed) to the client and on the tape.
    pub max_body: usize,
    /// Bytes that all response bodies above 64 KiB may hold together, from upstream's first byte to
    /// the client's last. Further ones are not read before there is memory for them.
    pub body_budget: usize,
    /// How long an upstream may take for a whole answer, connecting included and waiting for the
    /// budget excluded.
    pub upstream_timeout: Duration,
    /// Opens the admin routes to others than this machine.
    pub admin_token: Option<AdminToken>,
    /// Where credentials, profiles and proxies are looked for.
    pub environment: Environment,
}

/// As long as the most patient SDK waits.
const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(60);

impl RecordConfig {
    /// The defaults for a recorder that listens on `listen`: it signs again for the client's region
    /// and forwards there, is not an HTTPS proxy, and has the limits of [`Limits::default`], 60
    /// seconds for upstream and an empty environment, in which there are no credentials.
    pub fn new(listen: SocketAddr) -> Self {
        let limits = Limits::default();
        Self {
            upstream: None,
            upstream_ca: None,
            resolve: Vec::new(),
            intercept: None,
            sign: Sign::default(),
            profile: None,
            region: None,
            listen,
            max_body: limits.max_body,
            body_budget: limits.body_budget,
            upstream_timeout: UPSTREAM_TIMEOUT,
            admin_token: None,
            environment: Environment::default(),
        }
    }
}
