//! `--report FILE`: what a replay came to, for other programs.

mod file;
mod junit;

pub(crate) use file::{Leftovers, ReportFile};
