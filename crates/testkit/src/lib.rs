//! What the tests of several crates share. No program depends on it.
//!
//! - [`Client`] sends bytes unchanged over TCP or TLS and reads answers as [`Message`]s, to the byte.
//! - [`Log`] captures what is logged on a test's thread.
//! - [`soon`] turns a future that hangs into a failure, after [`PATIENCE`].
//! - [`copy`] copies a directory.
//! - With the feature `tls`, `Authority` makes a root certificate and a server's certificate from it.
//!
//! Everything panics if it cannot do its work: a test without its input has failed.
//!
//! ```
//! use pipetape_testkit::{Client, soon};
//! use tokio::io::AsyncWriteExt;
//! use tokio::net::TcpListener;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
//! let mut client = Client::connect(listener.local_addr().unwrap()).await;
//! let (mut stream, _) = soon(listener.accept()).await.unwrap();
//! stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
//! let answer = client.answer().await;
//! assert_eq!((answer.status(), answer.text().as_str()), (200, "hi"));
//! # });
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test without its input has failed"
)]

#[cfg(feature = "tls")]
mod authority;
mod client;
mod directory;
mod log;
mod message;
mod patience;

#[cfg(feature = "tls")]
pub use authority::Authority;
pub use client::Client;
pub use directory::copy;
pub use log::Log;
pub use message::{Message, head_end};
pub use patience::{PATIENCE, soon};
