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
mod authority;
mod bad_requests;
mod bad_stores;
mod bad_tape_files;
mod corporate_proxy;
mod credentials;
mod cross_client;
mod demo;
mod determinism;
mod emulate;
mod faults;
mod goldens;
mod intercept;
mod intercept_tunnels;
mod intercept_wrapped;
mod misses;
mod no_credentials;
mod no_network;
mod oracle;
mod permissions;
mod playback_exhausted;
mod playback_findings;
mod playback_latency;
mod playback_library;
mod playback_loosened;
mod playback_order;
mod playback_report;
mod playback_sessions;
mod playback_skipping;
mod readme;
mod replaying;
mod sample;
mod secrets;
mod signing;
mod soak;
mod stolen_key;
mod stopping;
mod support;
mod tapes;
mod terminal;
mod whole_session;
mod wrapped;
