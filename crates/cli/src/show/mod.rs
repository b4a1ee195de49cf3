//! Tapes and exchanges as people read them.

mod exchange;
mod outcome;
mod overview;
mod timeline;

pub(crate) use exchange::whole_exchange;
pub(crate) use outcome::{error_code, result};
pub(crate) use overview::overview;
