//! `demo`: a job service, a worker, its recording, and the replay of it, all at once.
//!
//! Everything is the real thing, over loopback sockets: the emulator, the recorder with a tape in
//! the store, the player of that tape. Only the worker is made for this, of core's types and one
//! HTTP connection. Whether the demo succeeded is what the replay itself reports.

mod client;
mod error;
mod page;
mod run;
mod session;
mod worker;

pub(super) use run::run;
