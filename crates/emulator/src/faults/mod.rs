//! Faults on demand: which calls go wrong, and how.

mod injector;
mod parse;
mod rule;

pub use parse::FaultRuleError;
pub use rule::{FaultKind, FaultRule, Lost};

pub(crate) use injector::Faults;
