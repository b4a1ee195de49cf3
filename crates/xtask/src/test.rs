//! `cargo xtask test`: every test of the workspace, and one line that sums them up.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::Context;

use crate::totals::{Totals, copy_and_count};
use crate::{exit_code, needs, workspace};

/// Runs the tests; `args` goes to `cargo test`. The last line on stdout is the totals, the exit code is cargo's.
pub(crate) fn run(args: &[OsString]) -> anyhow::Result<ExitCode> {
    let (status, totals) = run_counted(args)?;
    println!("{totals}");
    Ok(exit_code(status))
}

/// Runs the tests and leaves the totals to the caller.
///
/// # Errors
///
/// When something that tests need is missing, or cargo can't be run. Failed tests are in the result.
pub(crate) fn run_counted(args: &[OsString]) -> anyhow::Result<(ExitStatus, Totals)> {
    needs::install()?;
    let mut command = workspace::cargo();
    // One failed binary does not hide the others: the totals are for all of them.
    command.args(["test", "--locked", "--no-fail-fast"]);
    if !names_package(args) {
        command.arg("--workspace");
    }
    command.args(args);
    eprintln!("running `{}`", workspace::typed(&command));
    run_and_count(&mut command, io::stdout().lock())
}

/// Runs a `cargo test` to its end; its output goes to `output`.
///
/// # Errors
///
/// When it can't be run. Failed tests are in the result.
pub(crate) fn run_and_count(
    command: &mut Command,
    output: impl Write,
) -> anyhow::Result<(ExitStatus, Totals)> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("can't run cargo")?;
    let pipe = child.stdout.take().context("no pipe from cargo")?;
    let copied = copy_and_count(pipe, output);
    let status = child.wait().context("can't wait for cargo")?;
    Ok((
        status,
        copied.context("can't pass on the output of cargo test")?,
    ))
}

/// Whether the arguments for cargo choose packages themselves.
fn names_package(args: &[OsString]) -> bool {
    args.iter()
        .map(OsString::as_os_str)
        .take_while(|arg| *arg != OsStr::new("--"))
        .any(|arg| {
            arg.to_str()
                .is_some_and(|arg| arg.starts_with("-p") || arg.starts_with("--package"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_package_replaces_the_workspace() {
        for (args, expected) in [
            (&["-p", "xtask"][..], true),
            (&["-pxtask"][..], true),
            (&["--package=xtask"][..], true),
            (&["a_test", "--", "-p"][..], false),
            (&[][..], false),
        ] {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            assert_eq!(names_package(&args), expected, "{args:?}");
        }
    }
}
