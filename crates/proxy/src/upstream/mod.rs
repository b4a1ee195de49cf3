//! The connection to upstream: dialling, TLS, one exchange, and what its failures are called.

mod answer;
mod client;
mod deadline;
mod dial;
mod failure;
mod pools;
mod roots;

pub(crate) use client::{AnswerLimits, CONNECT_TIMEOUT, UpstreamClient};
pub(crate) use dial::Dial;
pub use roots::RootsError;
pub(crate) use roots::Trust;
