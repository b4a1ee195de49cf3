//! One connection, from accept to close.
//!
//! - `front` holds what all connections of a server share;
//! - `serve` takes a connection through what it turns into: HTTP, and after a `CONNECT` TLS (`handshake`) with HTTP
//!   inside, or a tunnel (`relay`); all of that is one task, so stopping and counting hold for all of it;
//! - `drive` polls hyper beside a watchdog, `close` closes the socket the way the end calls for;
//! - `progress` is the state that the three parties below share, `watchdog` turns it into deadlines;
//! - `watched` is the stream hyper sees: it reports what moves, and ends the connection after a flush;
//! - `transport` is what HTTP runs over, `early` the bytes that came before their time;
//! - `call` takes one request from hyper to the service and back, `body` collects what it carries,
//!   `reply_body` is what goes out.

mod body;
mod call;
mod close;
mod drive;
mod early;
mod front;
mod handshake;
mod progress;
mod relay;
mod reply_body;
mod serve;
mod transport;
mod watchdog;
mod watched;

pub(crate) use front::Front;
pub(crate) use serve::serve_connection;
