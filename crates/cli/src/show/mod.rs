//! Tapes and exchanges as people read them.

mod answer;
mod exchange;
mod judgement;
mod message;
mod overview;
mod step;
mod timeline;

pub(crate) use answer::{error_code, result};
pub(crate) use exchange::whole_exchange;
pub(crate) use overview::overview;
