//! Measures the pipetape binary against bare servers, on one machine and in one run.
//!
//! `run` is the benchmark. It starts the program under test, the bare servers and the load generator as
//! processes of their own (the other subcommands are those processes), lets the contenders take turns
//! for several rounds, and prints medians and ratios beside the bars that the project has set itself.
//! Everything stays on loopback and is bounded in count and time.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints its findings"
)]

mod bare;
mod bars;
mod child;
mod contest;
mod load;
mod machine;
mod options;
mod program;
mod record;
mod replay;
mod run;
mod start;
mod stats;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures pipetape against bare servers.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the benchmark and print its tables
    #[command(override_usage = "cargo xtask bench [OPTIONS]")]
    Run(options::RunOptions),
    /// A bare server with one fixed answer
    #[command(hide = true)]
    Serve(bare::ServeOptions),
    /// A bare reverse proxy that keeps nothing
    #[command(hide = true)]
    Proxy(bare::ProxyOptions),
    /// A load generator
    #[command(hide = true)]
    Load(load::LoadOptions),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Serve(options) => bare::run_server(&options),
        Command::Proxy(options) => bare::run_proxy(&options),
        Command::Load(options) => load::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
