//! The HTTP/1.1 server that every pipetape command shares.
//!
//! It accepts connections, reads requests within [`Limits`], passes them to a [`Service`], and
//! writes the [`Reply`]: a response, a response that is cut short, or a reset connection. It also
//! stops cleanly, serves the admin routes ([`admin`]), and is the HTTPS proxy that plays
//! CodePipeline's hosts ([`intercept`], with the certificates of [`authority`]).
//!
//! It knows nothing of AWS operations, tapes, matching or redaction, connects to no other host, and
//! is not a general web framework.
//!
//! # Example
//!
//! ```
//! use bytes::Bytes;
//! use http::Response;
//! use pipetape_serve::{DateHeader, Limits, Listener, Reply, Request, Service};
//!
//! struct Echo;
//!
//! impl Service for Echo {
//!     async fn call(&self, request: &mut Request) -> Reply {
//!         Reply::from(Response::new(std::mem::take(&mut request.body)))
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let listener = Listener::bind("127.0.0.1:0".parse()?).await?;
//! println!("listening on http://{}", listener.local_addr());
//! let stop = async { /* a signal */ };
//! let summary = listener.serve(Echo, Limits::default(), DateHeader::AsGiven, stop).await;
//! assert_eq!(summary.cut, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In a test, [`Running::start`] is enough.
//!
//! # Where to find what
//!
//! | you need | see |
//! | --- | --- |
//! | what a service gets and gives | [`Request`], [`Reply`], [`Service`] |
//! | bodies too large for memory | [`BodyMode`], [`RequestStream`], [`StreamBody`] |
//! | a port, and stopping | [`Listener`], [`Running`] |
//! | limits in bytes, connections and time | [`Limits`], [`Budget`] |
//! | more threads | [`WorkerRuntimes`] |
//! | routes under `/_pipetape/`, Prometheus metrics | [`admin`], [`metrics`] |
//! | `CONNECT`, TLS and certificates | [`intercept`], [`authority`] |
//! | which host or session a request names | [`host`], [`session_segment`] |
//!
//! # What a client can expect
//!
//! - Keep-alive, pipelining, HTTP/1.0, absolute-form targets and `Expect: 100-continue` work.
//! - A client that is too slow gets 408, one whose body is too large gets 413. Both can read the
//!   answer even if they are still sending. [`Limits`] says what too slow and too large mean.
//! - A head that HTTP does not allow is answered by hyper with 400, 414 or 431 and an empty body.
//! - If a service panics, its client gets 500, and other clients notice nothing.

pub mod admin;
pub mod authority;
mod connection;
mod error_reply;
pub mod host;
pub mod intercept;
mod limits;
mod listener;
mod message;
pub mod metrics;
mod running;
mod session;
mod worker_runtimes;

pub use connection::{BodyError, RequestStream};
pub use limits::{Budget, DateHeader, Limits, Reservation};
pub use listener::{BindError, Listener, ServeSummary};
pub use message::{BodyMode, Reply, Request, Service, StreamBody, StreamEnd, StreamError};
pub use running::Running;
pub use session::session_segment;
pub use worker_runtimes::WorkerRuntimes;
