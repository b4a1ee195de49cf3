//! A whole tape in memory, as a tape file holds it.

use crate::exchange::Exchange;
use crate::name::TapeName;
use crate::rules::Rules;

/// The format that tapes are written in: the `format` member of a tape file.
pub const FORMAT: &str = "pipetape/1";

/// A named, ordered series of exchanges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tape {
    /// The tape's name.
    pub name: TapeName,
    /// `None` where a tape written by hand has no such member; [`Rules::default`] hold then.
    pub rules: Option<Rules>,
    /// In order of their [`seq`](Exchange::seq), which strictly increases.
    pub exchanges: Vec<Exchange>,
}
