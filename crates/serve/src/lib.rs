//! The HTTP/1.1 front that every pipetape server shares.
//!
//! It takes connections, reads whole requests within bounds, hands them to a [`Service`], and writes what
//! the service answers: a response, one that is cut short, or a reset connection. Around that it
//! stops cleanly, serves the admin routes, and is the HTTPS proxy that plays CodePipeline's hosts (see [`intercept`]).
//! It knows nothing of AWS operations, tapes, matching or redaction, dials nobody, and is not a general web
//! framework: bodies are whole, routes are few.
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
//! A server inside a test needs no more than [`Running::start`].
//!
//! # What a client can expect
//!
//! - Keep-alive, pipelining, HTTP/1.0, absolute-form targets and `Expect: 100-continue` work.
//! - A client that is too slow gets 408, one whose body is too large gets 413, and both can read the
//!   answer even when they are still sending; [`Limits`] says what too slow and too large mean.
//! - A head that HTTP does not allow is answered by hyper with 400, 414 or 431 and an empty body.
//! - A service that panics costs its client a 500, and nobody else anything.

pub mod admin;
pub mod authority;
mod budget;
mod connection;
mod error_reply;
pub mod host;
pub mod intercept;
mod lanes;
mod limits;
mod listener;
mod message;
pub mod metrics;
mod running;
mod session;

pub use budget::{Budget, Reservation};
pub use error_reply::aws_error;
pub use lanes::Lanes;
pub use limits::{DateHeader, Limits};
pub use listener::{BindError, Listener, ServeSummary};
pub use message::{Reply, Request, Service};
pub use running::Running;
pub use session::session_segment;
