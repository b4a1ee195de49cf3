//! The commands that show tapes and move them.

use std::path::PathBuf;

use clap::Args;
use pipetape_tape::{Source, TapeName};
use thiserror::Error;

/// List the tapes in the store
///
/// An unfinished tape is one whose recorder was killed: what its clients saw is on it, and
/// `pipetape record NAME --mode append` continues it. A tape that can't be read is listed too, and
/// makes pipetape end with 3.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Print a JSON array, with an object for each tape: name, state (finished, unfinished, in-use,
    /// unreadable), exchanges, first, last, bytes, pid and reason, in this order; what is not known
    /// is null
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what is on a tape, or one exchange of it
///
/// A tape is shown job by job: when each was handed out, acknowledged and ended, with times since
/// the tape's first exchange; retries of a call, errors and faults are marked. Calls without a job
/// come last.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// A tape's name in the store, or the path of a tape file (with a `/`, or ending in `.json`)
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Source,

    /// Show the whole exchange with this number
    #[arg(value_name = "SEQ", value_parser = seq)]
    pub(crate) seq: Option<u64>,

    /// Print JSON: the tape or the exchange as a tape file has it, with its members in the same
    /// order
    #[arg(long)]
    pub(crate) json: bool,
}

fn seq(text: &str) -> Result<u64, NotANumber> {
    text.parse().map_err(|_| NotANumber)
}

/// The text is not the number of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not the number of an exchange, such as 3; `pipetape show SOURCE` lists them")]
struct NotANumber;

/// Write a tape of the store to a tape file
///
/// The file is written whole or not at all.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The tape's name
    #[arg(value_name = "TAPE")]
    pub(crate) tape: TapeName,

    /// The file; stdout if it is missing or `-`
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Replace the file if it exists
    #[arg(long, requires = "file")]
    pub(crate) force: bool,
}

/// Read a tape file into the store
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The tape file; `-` is stdin
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// The tape's name in the store
    /// [default: the name in the file]
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<TapeName>,
}

/// Remove a tape from the store
#[derive(Debug, Args)]
pub(crate) struct DeleteArguments {
    /// The tape's name
    #[arg(value_name = "TAPE")]
    pub(crate) tape: TapeName,

    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}
