//! Record: forwards live CodePipeline traffic and keeps each exchange.
//!
//! A [`Recorder`] is a [`Service`](pipetape_serve::Service) for clients whose endpoint is its address
//! (`AWS_ENDPOINT_URL_CODEPIPELINE`). Such a client signs for the wrong host, so the recorder signs
//! again, with credentials of the standard AWS chain, and forwards over verified TLS. With an
//! [`InterceptConfig`] it is an HTTPS proxy too: what clients have signed for CodePipeline's own
//! hosts is forwarded unchanged.
//!
//! ```no_run
//! use pipetape_proxy::{Environment, RecordConfig, Recorder};
//! use pipetape_serve::{DateHeader, Limits, Listener};
//! use pipetape_tape::{RecordMode, Rules, Store};
//!
//! # async fn record() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = Listener::bind("127.0.0.1:4577".parse()?).await?;
//! let store = Store::new(".pipetape");
//! let writer = store.record(&"worker".parse()?, RecordMode::Fresh, Rules::generate()?)?;
//! let config = RecordConfig {
//!     environment: Environment::new(std::env::vars_os()),
//!     ..RecordConfig::new(listener.local_addr())
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
//! - An exchange is durable before its client sees a byte of the answer. If it cannot be written,
//!   this answer and all later ones carry `x-pipetape-recorded: no`, forwarding continues, and the
//!   summary counts the loss.
//! - Nothing is dialled for a request whose `Host` is not ours, or that names no CodePipeline
//!   operation: strangers must not get requests signed. Such requests are answered with an error
//!   that no SDK retries.
//! - A request is sent at most once. One that was never sent, because a pooled connection had
//!   closed, is sent on another.
//! - The client gets status, end-to-end headers and body byte for byte. Redirects are passed on, not
//!   followed.
//! - Secrets are in no log line, error or `Debug` output.
//! - The process's environment is not read: see [`Environment`].
//!
//! # What it is not for
//!
//! It decides nothing about what is kept, redacted or answered for a fault: those are rules of
//! [`pipetape_tape`]. It is not a general proxy, and speaks HTTP/1.1 alone. It dials upstream, what
//! the AWS chain needs for credentials, and the hosts that a [`TunnelHost`] allows; nothing else,
//! and never itself. `HTTPS_PROXY` and `NO_PROXY` are honoured, with proxies of the form
//! `http://[USER:PASSWORD@]HOST:PORT`.
//!
//! # Where to look
//!
//! `recording` is the life of one request. On its way are `admission` (what may be forwarded),
//! `routing` (where to, and who signs), `credentials`, `outgoing` (the request that upstream gets),
//! `upstream` (connections, and one exchange) and `sink` (redacted, durable, counted).

mod addresses;
mod admission;
mod config;
mod credentials;
mod environment;
mod outgoing;
mod recorder;
mod recording;
mod routing;
mod sink;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tunnels;
mod upstream;
mod upstream_url;

pub use addresses::{Resolve, ResolveError};
pub use config::{InterceptConfig, RecordConfig, Sign};
pub use environment::Environment;
pub use recorder::{RecordSummary, Recorder, RecorderError};
pub use sink::EXCHANGES;
pub use tunnels::{TunnelHost, TunnelHostError};
pub use upstream::RootsError;
pub use upstream_url::{UpstreamUrl, UpstreamUrlError};
