//! Faults on demand: which calls go wrong, and how.

mod injector;
mod rule;

pub use rule::{FaultKind, FaultRule, FaultRuleError, Lost};

pub(crate) use injector::Faults;
