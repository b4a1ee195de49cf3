//! The command line: one structure per command, its documentation the help.

mod ca;
mod choices;
mod cli;
mod demo;
mod emulate;
mod exhausted;
mod listen;
mod period;
mod record;
mod replay;
mod serving;
mod size;
mod tapes;
mod unshown;

pub(crate) use ca::{CaArguments, CaCommand, CaDirectory};
pub(crate) use choices::{Color, LogFormat, Mode, SignatureCheck};
pub(crate) use cli::{Cli, Command};
pub(crate) use demo::DemoArguments;
pub(crate) use emulate::EmulateArguments;
pub(crate) use exhausted::policies;
pub(crate) use record::RecordArguments;
pub(crate) use replay::ReplayArguments;
pub(crate) use serving::ServingArguments;
pub(crate) use tapes::{
    DeleteArguments, ExportArguments, ImportArguments, ListArguments, ShowArguments,
};
