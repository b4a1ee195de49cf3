//! The command line: one structure per command; their documentation is the help text.

mod cli;
mod emulate;
mod intercept;
mod record;
mod replay;
mod serving;
mod tapes;
mod values;

pub(crate) use cli::{Cli, Command, LogFormat};
pub(crate) use emulate::{EmulateArguments, SignatureCheck};
pub(crate) use intercept::{CaArguments, CaCommand, CaDirectory};
pub(crate) use record::{Mode, RecordArguments};
pub(crate) use replay::{ReplayArguments, policies};
pub(crate) use serving::ServingArguments;
pub(crate) use tapes::{
    DeleteArguments, ExportArguments, ImportArguments, ListArguments, ShowArguments,
};
#[cfg(test)]
pub(crate) use values::LogFilter;
