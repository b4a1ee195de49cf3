//! The front over real sockets: every test has its own server on a port of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod admin;
mod bodies;
mod cuts;
mod handshakes;
mod heads;
mod intercept;
mod many;
mod requests;
mod slow;
mod stop;
mod streams;
mod tunnels;
mod worker_runtimes;

mod proxied;
mod server;
