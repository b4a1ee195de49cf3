//! A recording behind a real listener.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use pipetape_serve::intercept::WithInterception;
use pipetape_serve::{DateHeader, Limits, Listener, ServeSummary};
use pipetape_tape::{Redactor, Rules};
use pipetape_testkit::{Authority, Client};
use rustls::ServerConfig;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::twins::{CLIENT_KEY, MemoryLog, ScriptedSource, permanent};
use crate::addresses::Resolver;
use crate::config::Sign;
use crate::credentials::CredentialsCache;
use crate::recording::Recording;
use crate::routing::RegionDifferences;
use crate::routing::Routing;
use crate::sink::ExchangeLog;
use crate::tally::Tally;
use crate::tunnels::NamedTunnels;
use crate::upstream::{AnswerLimits, Dial, Trust, UpstreamClient};

/// A request for an operation, signed (badly) by the client for `us-east-1`, with further header lines.
pub(crate) fn post(operation: &str, more: &str, body: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: CodePipeline_20150709.{operation}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={CLIENT_KEY}/20260101/us-east-1/codepipeline/aws4_request, \
         SignedHeaders=host, Signature=00\r\n{more}Content-Length: {}\r\n\r\n{body}",
        body.len(),
    )
    .into_bytes()
}

/// Bounds on answers, as large as a test likes.
pub(crate) fn answers(timeout: Duration, max_body: usize) -> AnswerLimits {
    AnswerLimits {
        timeout,
        max_body,
        body_budget: usize::MAX,
    }
}

/// Dials whatever is asked for, without a proxy.
pub(crate) fn straight() -> Dial {
    through(Matcher::builder().build(), &[])
}

/// Dials through proxies, or where `resolve` says.
pub(crate) fn through(proxies: Matcher, resolve: &[String]) -> Dial {
    dial(proxies, resolve, "127.0.0.1:1".parse().unwrap())
}

fn dial(proxies: Matcher, resolve: &[String], listen: SocketAddr) -> Dial {
    let resolve = resolve.iter().map(|text| text.parse().unwrap()).collect();
    Dial::new(
        proxies,
        Resolver::new(resolve),
        listen,
        Duration::from_secs(10),
    )
}

/// How a test intercepts.
pub(crate) struct Intercepted {
    pub(crate) tls: Arc<ServerConfig>,
    /// Hosts with a tunnel.
    pub(crate) tunnel: Vec<&'static str>,
    /// Where tunnels lead; `SELF` stands for the recording's own address.
    pub(crate) resolve: Vec<String>,
    pub(crate) proxies: Matcher,
}

impl Intercepted {
    /// Without tunnels.
    pub(crate) fn by(authority: &Authority) -> Intercepted {
        Intercepted {
            tls: Arc::clone(&authority.server),
            tunnel: Vec::new(),
            resolve: Vec::new(),
            proxies: Matcher::builder().build(),
        }
    }

    fn tunnels(self, listen: SocketAddr, tally: &Arc<Tally>) -> NamedTunnels {
        let own = listen.to_string();
        let resolve = self.resolve.iter().map(|text| text.replace("SELF", &own));
        let resolve: Vec<_> = resolve.collect();
        let dial = dial(self.proxies, &resolve, listen);
        named_tunnels(&self.tunnel, dial, listen, tally)
    }
}

fn named_tunnels(
    hosts: &[&str],
    dial: Dial,
    listen: SocketAddr,
    tally: &Arc<Tally>,
) -> NamedTunnels {
    NamedTunnels {
        hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
        dial,
        listen,
        timeout: Duration::from_secs(1),
        tally: Arc::clone(tally),
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
    pub(crate) intercepted: Option<Intercepted>,
}

impl Options {
    /// Signing again with permanent credentials, no TLS.
    pub(crate) fn to(upstream: &str) -> Options {
        Options {
            upstream: Some(upstream.to_owned()),
            region: None,
            sign: Sign::Resign,
            source: ScriptedSource::new([Some(permanent())]),
            client: UpstreamClient::new(
                straight(),
                Trust::Nobody,
                answers(Duration::from_secs(20), 1 << 20),
            )
            .unwrap(),
            limits: Limits::default(),
            intercepted: None,
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
            log,
            redactor: Arc::clone(&redactor),
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
        let service = match options.intercepted {
            Some(intercepted) => {
                let tls = Arc::clone(&intercepted.tls);
                let tunnels = intercepted.tunnels(address, &tally);
                WithInterception::new(recording, tunnels).intercepting(tls)
            }
            None => {
                let none = named_tunnels(&[], straight(), address, &tally);
                WithInterception::new(recording, none)
            }
        };
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            listener
                .serve(service, options.limits, DateHeader::AsGiven, stopped)
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
