//! The built `pipetape` over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test without what it needs has failed"
)]

mod admin;
mod crash;
mod cross_client;
mod faults;
mod misses;
mod oracle;
mod permissions;
mod replaying;
mod sample;
mod secrets;
mod signing;
mod support;
mod tapes;
mod whole_session;
mod wrapped;
