//! Record: forwards live CodePipeline traffic and keeps each exchange.
//!
//! A [`Recorder`] is a [`Service`](pipetape_serve::Service) for clients that are pointed at it
//! (`AWS_ENDPOINT_URL_CODEPIPELINE`). Such a client signs for the wrong host, so the recorder signs again, with
//! credentials of the standard AWS chain, and forwards over verified TLS. With an [`InterceptConfig`] it is an HTTPS
//! proxy too: what clients have signed for CodePipeline's own hosts passes untouched.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use pipetape_proxy::{RecordConfig, Recorder, Sign};
//! use pipetape_serve::{DateHeader, Limits, Listener};
//! use pipetape_tape::{RecordMode, Rules, Store};
//!
//! # async fn record() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = Listener::bind("127.0.0.1:4577".parse()?).await?;
//! let store = Store::new(".pipetape");
//! let writer = store.record(&"worker".parse()?, RecordMode::Fresh, Rules::generate()?)?;
//! let config = RecordConfig {
//!     upstream: None,
//!     upstream_ca: None,
//!     resolve: Vec::new(),
//!     intercept: None,
//!     sign: Sign::Resign,
//!     profile: None,
//!     region: None,
//!     listen: listener.local_addr(),
//!     max_body: 16 << 20,
//!     body_budget: 256 << 20,
//!     upstream_timeout: Duration::from_secs(60),
//!     admin_token: None,
//! };
//! let recorder = std::sync::Arc::new(Recorder::new(config, writer.clone())?);
//! let stop = async { /* a signal */ };
//! listener.serve(recorder.clone(), Limits::default(), DateHeader::AsGiven, stop).await;
//! writer.finish().await?;
//! println!("{} exchanges", recorder.summary().recorded);
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - An exchange is durable before its client sees a byte of the answer. Where it can't be written, the answer
//!   and all later ones carry `x-pipetape-recorded: no`, forwarding goes on, and the summary counts the loss.
//! - Nothing is dialled for a request whose `Host` is not ours, or that names no CodePipeline operation: signing
//!   for others must not serve strangers. Such requests are answered with an error that no SDK retries.
//! - A request is sent at most once. One that never left, because a pooled connection had closed, goes out on another.
//! - The client gets status, end-to-end headers and body byte for byte. Redirects are passed on, not followed.
//! - Secrets are in no log line, error or `Debug` output.
//!
//! # What it is not for
//!
//! It has no rule of its own about what is kept, redacted or answered for a fault: those are
//! [`pipetape_tape`]'s. It is not a general proxy, and speaks HTTP/1.1 alone. It dials upstream and, for
//! credentials, what the AWS chain needs, and the hosts that a [`TunnelHost`] allows; nothing else, and never itself. `HTTPS_PROXY` and `NO_PROXY` are honoured,
//! with proxies of the form `http://[USER:PASSWORD@]HOST:PORT`.

mod admin;
mod admission;
mod config;
mod credentials;
mod destination;
mod exchange_log;
mod forwarded;
mod keeper;
mod outgoing;
mod own_address;
mod recorder;
mod recording;
mod refusal;
mod region_difference;
mod resolve;
mod signing;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tunnel_hosts;
mod tunnels;
mod upstream;
mod upstream_url;

pub use config::{InterceptConfig, RecordConfig, Sign};
pub use keeper::EXCHANGES;
pub use recorder::{RecordSummary, Recorder, RecorderError};
pub use resolve::{Resolve, ResolveError};
pub use tunnel_hosts::{TunnelHost, TunnelHostError};
pub use upstream::RootsError;
pub use upstream_url::{UpstreamUrl, UpstreamUrlError};
