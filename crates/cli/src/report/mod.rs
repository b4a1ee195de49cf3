//! What a replay came to: `--report FILE` for other programs, the last lines on stderr for people.

mod file;
mod junit;
mod summary;
#[cfg(test)]
mod tests;

pub(crate) use file::ReportFile;
pub(crate) use junit::Leftovers;
pub(crate) use summary::lines;
