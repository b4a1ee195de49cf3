//! What a replay came to: `--report FILE` for other programs, the last lines on stderr for people.

mod file;
mod junit;
mod summary;
#[cfg(test)]
mod tests;

pub(crate) use file::{Leftovers, ReportFile};
pub(crate) use summary::lines;
