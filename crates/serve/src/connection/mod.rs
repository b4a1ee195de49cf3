//! One connection, from accept to close.
//!
//! # The life of a connection
//!
//! [`serve_connection`] runs it as one task, so that stopping and counting connections covers all
//! of it:
//!
//! 1. hyper reads a request's head ([`serve`]). The stream it reads and writes is an
//!    [`InstrumentedIo`](instrumented_io::InstrumentedIo), which notes what moves in [`progress`].
//! 2. The service chooses how it wants the body: collected within the limits before it is called,
//!    or as a stream ([`request_body`]). Then it is called ([`call`]).
//! 3. The reply is written ([`reply_body`]), and the connection waits for the next request.
//! 4. After a `CONNECT` the connection becomes something else: TLS with HTTP inside ([`tls`]), or
//!    bytes that pass both ways ([`tunnel`]).
//! 5. At the end the socket is closed in the way that the client needs ([`close`]).
//!
//! # The limits
//!
//! hyper is polled beside a [`watchdog`], which compares the progress with
//! [`Limits`](crate::Limits):
//!
//! | the connection waits for | at most | then |
//! | --- | --- | --- |
//! | a request | `idle_timeout` | it is closed |
//! | the rest of a head | `head_timeout` | 408 |
//! | the rest of a body that is collected | `body_timeout` | 408 |
//! | the next byte of a body that is streamed | `body_timeout` | 408; reset if the response has begun |
//! | memory for a large body | `body_timeout` | 503 |
//! | the service | no limit | |
//! | the client, to take a byte of the response | `write_timeout` | it is reset |
//!
//! A head larger than `max_head` is answered with 431, a body larger than `max_body` with 413.

mod call;
mod close;
mod instrumented_io;
mod progress;
mod reply_body;
mod request_body;
mod serve;
mod tls;
mod tunnel;
mod watchdog;

pub use request_body::{BodyError, RequestStream};
pub(crate) use serve::{ServerState, serve_connection};
