//! The emulator as its clients meet it.

#![expect(
    clippy::unwrap_used,
    reason = "a test without its input has failed, in its helpers too"
)]

mod action_types;
mod admin;
mod auth;
mod continuation;
mod faults;
mod front;
mod hand_out;
mod history;
mod invariants;
mod results;
mod running;
mod sockets;
mod support;
mod third_party;
mod timeouts;
