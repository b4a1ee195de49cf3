//! `pipetape`: records AWS CodePipeline job-worker sessions once and plays them back anywhere.
//!
//! The binary is wiring: arguments, the process around a server (sockets, signals, a wrapped
//! command), what is printed, and exit codes. What is recorded, matched, redacted and answered is
//! decided in the libraries; the binary reads messages only to show them.

use std::process::ExitCode;

mod arguments;
mod commands;
mod environment;
mod exit;
mod failure;
mod interception;
mod layout;
mod live;
mod logging;
mod process;
mod report;
mod serving;
mod show;
mod terminal;
mod text;
mod wrapped;

use arguments::Cli;
use process::UserUmask;
use terminal::Palette;

/// A recorded exchange is allocated on one thread and freed on another, which this allocator does
/// fast.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    process::install_panic_hook();
    let umask = UserUmask::tighten();
    let cli = match Cli::from_process() {
        Ok(cli) => cli,
        Err(error) => {
            // The output may have no reader; the exit code is enough.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() {
                exit::USAGE
            } else {
                exit::DONE
            });
        }
    };
    let palette = Palette::of_stderr(cli.global.color);
    logging::install(&cli, palette);
    let code = commands::run(cli, palette, &umask).unwrap_or_else(|failure| {
        failure.report(palette);
        failure.exit_code()
    });
    ExitCode::from(code)
}
