//! Developer commands, run as `cargo xtask COMMAND`.
//!
//! | command | what it does |
//! | --- | --- |
//! | `test` | installs what the tests need, runs every test, prints the totals |
//! | `clients` | real AWS clients, live and replayed: the matrix |
//! | `ci` | everything that has to be green before a change lands |
//! | `nightly` | what does not fit into `ci`: whole matrices, soak, bench, counts |
//! | `soak` | kills, full and slow disks, and crowds of clients, for long, against the release build |
//! | `bench` | measures the built binary against bare servers, in one run |
//! | `counts` | instructions of single routines under callgrind, against the stored baseline |
//! | `shape` | figures of the code: lines, files, names declared twice, circles |
//!
//! Nothing is kept outside cargo's target directory, packages of the operating system aside.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that talks to a developer"
)]

mod bench;
mod ci;
mod clients;
mod counts;
mod deny;
mod needs;
mod nightly;
mod shape;
mod soak;
mod steps;
mod test;
mod totals;
mod workspace;

use std::env;
use std::ffi::OsString;
use std::process::{ExitCode, ExitStatus};

const USAGE: &str = "\
Developer commands of pipetape.

Usage: cargo xtask COMMAND [ARG...]

Commands:
  test [ARG...]   install what the tests need and run them all; ARG goes to `cargo test`
  clients [--only LIST] [--require LIST] [ARG...]
                  set up real AWS clients and run each against pipetape; those required must not be skipped;
                  ARG chooses tests as with `cargo test`: a part of their name, `--skip`, `--exact`, `--list`
  ci              formatting, lints, tests, clients, documentation, dependencies
  nightly         what does not fit into `ci`: bench, counts, all clients, soak
  soak [NAME...]  kill, starve and crowd the release build for long; NAME is a test below tests/soak
  bench [ARG...]  measure the release build against bare servers; `bench --help` lists ARG
  counts [--update]
                  instructions of single routines under callgrind; more than 5 % above the baseline fails
  shape [--check] [DIR]
                  figures of the code in this checkout or another: lines, files, names twice, circles
";

/// One developer command and what it was given.
///
/// Arguments are handed on unchanged, a `--` included: no parser takes one away.
enum Command {
    Test(Vec<OsString>),
    Clients(clients::Selection),
    Ci,
    Nightly,
    Soak(Vec<OsString>),
    Bench(Vec<OsString>),
    Counts(counts::Counts),
    Shape(shape::Shape),
    Help,
}

impl Command {
    fn parse(mut args: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let Some(name) = args.next() else {
            return Err("a command is missing".to_owned());
        };
        let rest: Vec<OsString> = args.collect();
        match name.to_str() {
            Some("test") => Ok(Self::Test(rest)),
            Some("soak") => Ok(Self::Soak(rest)),
            Some("bench") => Ok(Self::Bench(rest)),
            Some("clients") => clients::Selection::parse(&rest).map(Self::Clients),
            Some("counts") => counts::Counts::parse(&rest).map(Self::Counts),
            Some("shape") => shape::Shape::parse(&rest).map(Self::Shape),
            Some(name @ ("ci" | "nightly")) => match rest.first() {
                None if name == "ci" => Ok(Self::Ci),
                None => Ok(Self::Nightly),
                Some(extra) => Err(format!("`{name}` takes no argument, got {extra:?}")),
            },
            Some("help" | "-h" | "--help") => Ok(Self::Help),
            _ => Err(format!("there is no command {name:?}")),
        }
    }

    fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Test(args) => test::run(&args),
            Self::Clients(selection) => clients::run(&selection),
            Self::Ci => ci::run(),
            Self::Nightly => nightly::run(),
            Self::Soak(names) => soak::run(&names),
            Self::Bench(args) => bench::run(&args),
            Self::Counts(counts) => counts.run(),
            Self::Shape(shape) => shape.run(),
            Self::Help => {
                print!("{USAGE}");
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn main() -> ExitCode {
    let command = match Command::parse(env::args_os().skip(1)) {
        Ok(command) => command,
        Err(wrong) => {
            eprint!("error: {wrong}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    command.run().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// The exit code to end with after a child ended with `status`: the same, or 1 if a signal ended it.
fn exit_code(status: ExitStatus) -> ExitCode {
    match status.code().map(u8::try_from) {
        Some(Ok(code)) => ExitCode::from(code),
        _ => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Command, String> {
        Command::parse(args.iter().map(OsString::from))
    }

    #[test]
    fn arguments_are_handed_on_as_they_came() {
        let Ok(Command::Test(args)) = parse(&["test", "--", "--nocapture", "--", "-h"]) else {
            panic!("not the test command");
        };
        assert_eq!(args, ["--", "--nocapture", "--", "-h"]);
    }

    #[test]
    fn wrong_usage_is_named() {
        for (args, expected) in [
            (&[][..], "a command is missing"),
            (&["tset"][..], "there is no command \"tset\""),
            (&["ci", "-v"][..], "`ci` takes no argument, got \"-v\""),
            (
                &["nightly", "-v"][..],
                "`nightly` takes no argument, got \"-v\"",
            ),
        ] {
            assert_eq!(parse(args).err().as_deref(), Some(expected));
        }
    }
}
