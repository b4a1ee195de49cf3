//! A replay over real sockets: every test has its own server on a port of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should panic"
)]

mod admin;
mod answers;
mod dependencies;
mod faults;
mod latency;
mod logs;
mod misses;
mod running;
mod sessions;

mod client;
mod server;
