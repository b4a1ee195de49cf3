//! The commands: what each does with its arguments.

mod ca;
mod demo;
mod emulate;
mod list;
mod record;
mod replay;
mod tape;

pub(crate) use tape::ExportError;

use pipetape_tape::Store;

use crate::arguments::{Cli, Command};
use crate::failure::Failure;
use crate::process::UserUmask;
use crate::terminal::Palette;

/// Runs a command; returns its exit code.
pub(crate) fn run(cli: Cli, palette: Palette, umask: &UserUmask) -> Result<u8, Failure> {
    let store = Store::new(cli.global.store);
    match cli.command {
        Command::Record(arguments) => record::run(&arguments, &store, palette, umask),
        Command::Replay(arguments) => replay::run(&arguments, &store, umask),
        Command::Emulate(arguments) => emulate::run(&arguments, umask),
        Command::Demo => demo::run(&store),
        Command::List(arguments) => list::run(&arguments, &store, cli.global.color),
        Command::Show(arguments) => tape::show(&arguments, &store, cli.global.color),
        Command::Export(arguments) => tape::export(&arguments, &store, umask),
        Command::Import(arguments) => tape::import(&arguments, &store),
        Command::Delete(arguments) => tape::delete(&arguments, &store),
        Command::Ca(arguments) => ca::run(&arguments),
    }
}
