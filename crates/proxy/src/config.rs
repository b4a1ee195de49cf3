//! What a recording is told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use pipetape_core::Region;
use pipetape_serve::admin::AdminToken;

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

/// How to record.
#[derive(Debug, Clone)]
pub struct RecordConfig {
    /// Where to forward to; `None` derives it from [`region`](RecordConfig::region), else from the region in
    /// the client's credential scope.
    pub upstream: Option<UpstreamUrl>,
    /// Further trusted roots (PEM) for the upstream.
    pub upstream_ca: Option<PathBuf>,
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
    /// Bytes that all response bodies above 64 KiB may hold together, from upstream's first byte to the client's last.
    /// Further ones are left in upstream's hands until there is room.
    pub body_budget: usize,
    /// How long an upstream may take for a whole answer, connecting included; waiting for room is not.
    pub upstream_timeout: Duration,
    /// Opens the admin routes to others than this machine.
    pub admin_token: Option<AdminToken>,
}
