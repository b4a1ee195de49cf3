//! One file per command.

mod ca;
mod delete;
mod demo;
mod emulate;
mod export;
mod import;
mod list;
mod record;
mod replay;
mod show;

pub(crate) use export::ExportError;

use pipetape_tape::Store;

use crate::arguments::{Cli, Command, DemoArguments};
use crate::failure::Failure;
use crate::palette::Palette;
use crate::umask::UserUmask;

/// Runs a command; gives its exit code.
pub(crate) fn run(cli: Cli, palette: Palette, umask: &UserUmask) -> Result<u8, Failure> {
    let store = Store::new(cli.global.store);
    match cli.command {
        Command::Record(arguments) => record::run(&arguments, &store, palette, umask),
        Command::Replay(arguments) => replay::run(&arguments, &store, umask),
        Command::Emulate(arguments) => emulate::run(&arguments, umask),
        Command::Demo(DemoArguments {}) => demo::run(&store),
        Command::List(arguments) => list::run(&arguments, &store, cli.global.color),
        Command::Show(arguments) => show::run(&arguments, &store, cli.global.color),
        Command::Export(arguments) => export::run(&arguments, &store, umask),
        Command::Import(arguments) => import::run(&arguments, &store),
        Command::Delete(arguments) => delete::run(&arguments, &store),
        Command::Ca(arguments) => ca::run(&arguments),
    }
}
