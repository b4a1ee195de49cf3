//! The recording service, built from its parts.

use std::net::SocketAddr;
use std::sync::Arc;

use pipetape_serve::admin::{AdminGuard, WithAdmin};
use pipetape_serve::intercept::WithInterception;
use pipetape_serve::{Reply, Request, Service};
use pipetape_tape::{Redactor, TapeWriter};

use crate::addresses::{Resolver, leads_to};
use crate::config::RecordConfig;
use crate::credentials::{Chain, CredentialsCache};
use crate::recording::Recording;
use crate::routing::{RegionDifferences, Routing};
use crate::tally::{Routes, Tally};
use crate::tunnels::NamedTunnels;
use crate::upstream::{AnswerLimits, CONNECT_TIMEOUT, Dial, RootsError, Trust, UpstreamClient};

/// A recording in progress: one service for any number of connections, admin routes included.
#[derive(Debug)]
pub struct Recorder {
    service: WithInterception<WithAdmin<Recording<TapeWriter, Chain>, Routes>, NamedTunnels>,
    tally: Arc<Tally>,
    redactor: Arc<Redactor>,
}

/// A recording cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecorderError {
    /// Requests would come back to this recorder without end.
    #[error(
        "the upstream is the address that this recorder listens on: give another --upstream or --listen"
    )]
    UpstreamIsOurselves,
    /// Requests would come back to this recorder without end.
    #[error(
        "--resolve leads to the address that this recorder listens on: give another address or another --listen"
    )]
    ResolvesToOurselves,
    /// No trusted roots for TLS to upstream.
    #[error("cannot verify an upstream over TLS")]
    Roots(#[from] RootsError),
}

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
    /// Prepares a recording. Touches no network; credentials are looked for at the first request.
    ///
    /// The recorder never finishes the tape: keep a clone of `writer`, and call
    /// [`TapeWriter::finish`] once no call runs and everything has
    /// [`settled`](Recorder::settled).
    ///
    /// # Errors
    ///
    /// The upstream is this recorder, or there are no roots to check its certificates with.
    pub fn new(config: RecordConfig, writer: TapeWriter) -> Result<Recorder, RecorderError> {
        let listen = config.listen;
        if config.upstream.as_ref().is_some_and(|url| url.is(listen)) {
            return Err(RecorderError::UpstreamIsOurselves);
        }
        let resolver = Resolver::new(config.resolve);
        let is_us =
            |address: SocketAddr| leads_to(&address.ip().to_string(), address.port(), listen);
        if resolver.all().any(is_us) {
            return Err(RecorderError::ResolvesToOurselves);
        }
        let connect_timeout = config.upstream_timeout.min(CONNECT_TIMEOUT);
        let dial = Dial::new(
            config.environment.proxies(),
            resolver,
            listen,
            connect_timeout,
        );
        let trust = match &config.upstream {
            Some(url) if !url.is_tls() => Trust::Nobody,
            _ => Trust::System(config.upstream_ca.as_deref()),
        };
        let answers = AnswerLimits {
            timeout: config.upstream_timeout,
            max_body: config.max_body,
            body_budget: config.body_budget,
        };
        let upstream = UpstreamClient::new(dial.clone(), trust, answers)?;
        let tally = Arc::new(Tally::default());
        let (tls, hosts) = match config.intercept {
            Some(intercept) => (Some(intercept.tls), intercept.tunnel),
            None => (None, Vec::new()),
        };
        let tunnels = NamedTunnels {
            hosts,
            dial,
            listen,
            timeout: connect_timeout,
            tally: Arc::clone(&tally),
        };
        let redactor = Arc::new(Redactor::for_recording(writer.rules()));
        let recording = Recording {
            log: writer,
            redactor: Arc::clone(&redactor),
            routing: Routing {
                upstream: config.upstream,
                region: config.region,
                sign: config.sign,
            },
            region_differences: RegionDifferences::default(),
            credentials: CredentialsCache::new(
                Chain::new(config.profile, listen, &config.environment),
                Arc::clone(&redactor),
            ),
            upstream,
            tally: Arc::clone(&tally),
        };
        let routes = Routes {
            tally: Arc::clone(&tally),
        };
        let service = WithAdmin::new(recording, AdminGuard::new(config.admin_token), routes);
        let service = WithInterception::new(service, tunnels);
        Ok(Recorder {
            service: match tls {
                Some(tls) => service.intercepting(tls),
                None => service,
            },
            tally,
            redactor,
        })
    }

    /// Waits until every forwarded exchange is durable or counted as lost, also those whose client
    /// a stop has cut off. Call it after serving, before [`summary`](Recorder::summary) and
    /// [`TapeWriter::finish`].
    pub async fn settled(&self) {
        self.tally.settled().await;
    }

    /// What was recorded so far.
    pub fn summary(&self) -> RecordSummary {
        RecordSummary {
            recorded: self.tally.total_recorded(),
            unrecorded: self.tally.total_unrecorded(),
            refused: self.tally.total_refused(),
            kept_config: self.redactor.kept_config(),
        }
    }
}

impl Service for Recorder {
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send {
        self.service.call(request)
    }
}
