//! The commands that look at tapes and move them.

use std::path::PathBuf;

use clap::Args;
use pipetape_tape::TapeName;

use crate::source::Source;

/// List the tapes in the store
///
/// A tape that can't be read is listed too, and makes pipetape end with 3.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Print a JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what is on a tape, or one exchange of it
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// A tape's name in the store, or the path of a tape file (with a `/`, or ending in `.json`)
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Source,

    /// Show the whole exchange of this number
    #[arg(value_name = "SEQ")]
    pub(crate) seq: Option<u64>,

    /// Print it as it stands in a tape file
    #[arg(long)]
    pub(crate) json: bool,
}

/// Write a tape of the store to a tape file
///
/// The file is there whole or not at all.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The tape's name
    #[arg(value_name = "TAPE")]
    pub(crate) tape: TapeName,

    /// The file; stdout where it is missing or `-`
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Replace the file if it is there
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
