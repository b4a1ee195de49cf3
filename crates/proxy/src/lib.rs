//! Record: forwards live CodePipeline traffic and keeps each exchange.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use pipetape_core::Region;
use pipetape_serve::admin::AdminToken;
use pipetape_serve::{Reply, Request, Service};
use pipetape_tape::TapeWriter;

mod upstream_url {
    /// Where to forward to: `https://HOST[:PORT]`, or `http://` on loopback. No path, no query, no user.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct UpstreamUrl(pub(crate) http::Uri);

    /// Why a URL can't be an upstream.
    #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
    #[error("not an upstream")]
    pub struct UpstreamUrlError;

    impl std::str::FromStr for UpstreamUrl {
        type Err = UpstreamUrlError;
        fn from_str(_: &str) -> Result<Self, UpstreamUrlError> {
            unimplemented!()
        }
    }
}
pub use upstream_url::{UpstreamUrl, UpstreamUrlError};

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
    /// Where to forward to; `None` derives it from the region in the client's credential scope.
    pub upstream: Option<UpstreamUrl>,
    /// Further trusted roots (PEM) for the upstream.
    pub upstream_ca: Option<PathBuf>,
    /// Who signs.
    pub sign: Sign,
    /// The profile for credentials; `None` is the chain's own choice.
    pub profile: Option<String>,
    /// The region to sign for and to forward to; `None` takes the client's.
    pub region: Option<Region>,
    /// Our own address: credential calls never go there.
    pub listen: SocketAddr,
    /// Largest response body taken from upstream, in bytes.
    pub max_body: usize,
    /// How long an upstream may take for a whole answer, connecting included.
    pub upstream_timeout: Duration,
    /// Opens the admin routes to others than this machine.
    pub admin_token: Option<AdminToken>,
}

/// A recording in progress: one service for any number of connections.
#[derive(Debug)]
pub struct Recorder {}

/// A recording can't begin.
#[derive(Debug, thiserror::Error)]
#[error("cannot record")]
pub struct RecorderError;

/// What a recording did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordSummary {
    /// Exchanges durable on the tape.
    pub recorded: u64,
    /// Exchanges that were forwarded but could not be written: the tape is incomplete, exit code 1.
    pub unrecorded: u64,
    /// Requests that were refused and not forwarded.
    pub refused: u64,
    /// Configuration keys whose value was kept in clear.
    pub kept_config: Vec<String>,
}

impl Recorder {
    /// Prepares a recording. Touches no network.
    pub fn new(config: RecordConfig, writer: TapeWriter) -> Result<Recorder, RecorderError> {
        let _ = (config, writer);
        unimplemented!()
    }

    /// What was recorded so far.
    pub fn summary(&self) -> RecordSummary {
        unimplemented!()
    }
}

impl Service for Recorder {
    async fn call(&self, _request: Request) -> Reply {
        unimplemented!()
    }
}
