//! The whole way at once: a job service, a worker, its recording, and the replay of it.
//!
//! Everything is the real thing, over loopback sockets: the emulator, the recorder with a tape in the store, the
//! player of that tape. Only the worker is made for this, of core's types and one HTTP connection.

mod client;
mod comparison;
mod difference;
mod error;
mod page;
mod session;
mod worker;

pub(crate) use error::DemoError;
pub(crate) use page::page;
pub(crate) use session::run;
