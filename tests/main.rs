//! The built `pipetape` over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test without what it needs has failed"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!(…)` as an argument reads better without a borrow"
)]

mod admin;
mod bad_requests;
mod bad_stores;
mod bad_tape_files;
mod corporate_proxy;
mod credentials;
mod cross_client;
mod demo;
mod emulate;
mod faults;
mod misses;
mod no_credentials;
mod no_network;
mod oracle;
mod permissions;
mod playback_exhausted;
mod playback_latency;
mod playback_library;
mod playback_loosened;
mod playback_order;
mod playback_report;
mod playback_skipping;
mod readme;
mod replaying;
mod sample;
mod secrets;
mod signing;
mod soak;
mod stopping;
mod support;
mod tapes;
mod whole_session;
mod wrapped;
