//! A whole tape in memory, as a tape file holds it.

use crate::exchange::Exchange;
use crate::name::TapeName;
use crate::rules::Rules;

/// A named, ordered series of exchanges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tape {
    /// The tape's name.
    pub name: TapeName,
    /// `None` if a tape written by hand has no such member; [`Rules::default`] apply then.
    pub rules: Option<Rules>,
    /// In order of their [`seq`](Exchange::seq), which strictly increases.
    pub exchanges: Vec<Exchange>,
}
