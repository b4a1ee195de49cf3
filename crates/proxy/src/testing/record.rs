//! A recording behind a real listener.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pipetape_serve::{DateHeader, Limits, Listener, ServeSummary};
use pipetape_tape::{Redactor, Rules};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::client::Client;
use super::twins::{MemoryLog, ScriptedSource, permanent};
use crate::config::Sign;
use crate::credentials::CredentialsCache;
use crate::destination::Routing;
use crate::exchange_log::ExchangeLog;
use crate::keeper::Keeper;
use crate::recording::Recording;
use crate::region_difference::RegionDifferences;
use crate::tally::Tally;
use crate::upstream::{AnswerLimits, Trust, UpstreamClient};

/// Bounds on answers, with room for as many as a test likes.
pub(crate) fn answers(timeout: Duration, max_body: usize) -> AnswerLimits {
    AnswerLimits {
        timeout,
        max_body,
        body_budget: usize::MAX,
    }
}

/// How a test records.
pub(crate) struct Options {
    pub(crate) upstream: Option<String>,
    pub(crate) region: Option<&'static str>,
    pub(crate) sign: Sign,
    pub(crate) source: ScriptedSource,
    pub(crate) client: UpstreamClient,
    pub(crate) limits: Limits,
}

impl Options {
    /// Signing again with permanent credentials, no TLS.
    pub(crate) fn to(upstream: &str) -> Options {
        Options {
            upstream: Some(upstream.to_owned()),
            region: None,
            sign: Sign::Resign,
            source: ScriptedSource::new([Some(permanent())]),
            client: UpstreamClient::new(Trust::Nobody, answers(Duration::from_secs(20), 1 << 20))
                .unwrap(),
            limits: Limits::default(),
        }
    }
}

/// A recording that listens.
pub(crate) struct Record {
    pub(crate) address: SocketAddr,
    pub(crate) tally: Arc<Tally>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<ServeSummary>,
}

impl Record {
    /// With a tape in memory.
    pub(crate) async fn start(options: Options) -> (Record, MemoryLog) {
        let log = MemoryLog::new();
        (Record::with(options, log.clone()).await, log)
    }

    pub(crate) async fn with<L: ExchangeLog>(options: Options, log: L) -> Record {
        let redactor = Arc::new(Redactor::for_recording(&Rules::default()));
        let tally = Arc::new(Tally::default());
        let recording = Recording {
            keeper: Keeper::new(log, Arc::clone(&redactor), Arc::clone(&tally)),
            routing: Routing {
                upstream: options.upstream.map(|url| url.parse().unwrap()),
                region: options.region.map(|region| region.parse().unwrap()),
                sign: options.sign,
            },
            region_differences: RegionDifferences::default(),
            credentials: CredentialsCache::new(options.source, redactor),
            upstream: options.client,
            tally: Arc::clone(&tally),
        };
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let address = listener.local_addr();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            listener
                .serve(recording, options.limits, DateHeader::AsGiven, stopped)
                .await
        });
        Record {
            address,
            tally,
            stop,
            served,
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    pub(crate) async fn stop(self) -> ServeSummary {
        drop(self.stop);
        self.served.await.unwrap()
    }
}
