//! The connection to upstream: dialling, TLS, one exchange, and which fault a failure is.

mod answer;
mod client;
mod dial;
mod roots;

pub(crate) use client::{AnswerLimits, CONNECT_TIMEOUT, UpstreamClient};
pub(crate) use dial::Dial;
pub use roots::RootsError;
pub(crate) use roots::Trust;
