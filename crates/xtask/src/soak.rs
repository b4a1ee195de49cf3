//! `cargo xtask soak`: the tests below `tests/soak`, at their full length, against the program as users get it.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{ExitCode, ExitStatus};

use anyhow::{Context, ensure};

use crate::test::run_and_count;
use crate::totals::Totals;
use crate::workspace::{self, typed};
use crate::{exit_code, needs};

/// Names the program to the tests, and makes them run for long.
const PROGRAM: &str = "PIPETAPE_SOAK";
/// What the tests write in front of each measured value.
const FIGURE: &[u8] = b"figure: ";

/// Builds the release program and soaks it; `names` are tests below `tests/soak`, all of them if there is none.
///
/// Figures are shown as they come, and again at the end. The last line on stdout is the totals, the exit code is cargo's.
pub(crate) fn run(names: &[OsString]) -> anyhow::Result<ExitCode> {
    let (status, totals) = run_counted(names)?;
    println!("{totals}");
    Ok(exit_code(status))
}

/// As [`run`], and leaves the totals to the caller.
///
/// # Errors
///
/// When something that tests need is missing, or cargo can't be run. Failed tests are in the result.
pub(crate) fn run_counted(names: &[OsString]) -> anyhow::Result<(ExitStatus, Totals)> {
    needs::install()?;
    let built = workspace::cargo()
        .args(["build", "--release", "--locked", "--package", "pipetape"])
        .status()
        .context("can't run cargo")?;
    ensure!(built.success(), "building pipetape failed");

    let mut command = workspace::cargo();
    command.args(["test", "--locked", "--package", "pipetape"]);
    // One at a time: what is measured is not to be another test's.
    command.args(["--test", "end_to_end", "--", "--nocapture"]);
    command.arg("--test-threads=1").args(filters(names));
    let program = workspace::target_dir().join("release").join("pipetape");
    command.env(PROGRAM, program);
    eprintln!("running `{}`", typed(&command));
    let mut figures = Figures::new(io::stdout().lock());
    let (status, totals) = run_and_count(&mut command, &mut figures)?;
    print!("\n{}", figures.summary());
    Ok((status, totals))
}

/// The names as the test program knows them.
fn filters(names: &[OsString]) -> Vec<OsString> {
    let below = |name: &OsString| {
        let mut filter = OsString::from("soak::");
        filter.push(name);
        filter
    };
    if names.is_empty() {
        return vec!["soak::".into()];
    }
    names.iter().map(below).collect()
}

/// Passes bytes on, and keeps the figures among them.
struct Figures<W> {
    to: W,
    line: Vec<u8>,
    found: Vec<String>,
}

impl<W: Write> Figures<W> {
    fn new(to: W) -> Self {
        Self {
            to,
            line: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The figures so far, a line each.
    fn summary(&self) -> String {
        self.found.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The name of a test may be on the line of its first figure, before it.
    fn end_line(&mut self) {
        let at = self
            .line
            .windows(FIGURE.len())
            .position(|part| part == FIGURE);
        if let Some(at) = at {
            let figure = &self.line[at + FIGURE.len()..];
            self.found
                .push(String::from_utf8_lossy(figure).into_owned());
        }
        self.line.clear();
    }
}

impl<W: Write> Write for Figures<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write_all(bytes)?;
        for &byte in bytes {
            if byte == b'\n' {
                self.end_line();
            } else {
                self.line.push(byte);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_wherever_a_line_was_cut() {
        let output = b"test a ... figure: kills: 3\nok\nfigures: none\nfigure: memory: 9 MB\n";
        for piece in [1, 7, output.len()] {
            let mut copied = Vec::new();
            let mut figures = Figures::new(&mut copied);
            for part in output.chunks(piece) {
                figures.write_all(part).unwrap();
            }
            assert_eq!(figures.summary(), "kills: 3\nmemory: 9 MB\n");
            assert_eq!(copied, output);
        }
    }

    #[test]
    fn names_are_those_below_the_soak() {
        assert_eq!(filters(&[]), ["soak::"]);
        let names = [OsString::from("kills"), OsString::from("memory::slow")];
        assert_eq!(filters(&names), ["soak::kills", "soak::memory::slow"]);
    }
}
