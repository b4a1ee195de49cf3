//! `cargo xtask ci`: everything that has to be green before a change lands.

use std::fmt;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::deny::{Advisories, CargoDeny};
use crate::totals::Totals;
use crate::{clients, test, workspace};

/// How a step ended.
enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

impl From<bool> for Outcome {
    fn from(success: bool) -> Self {
        if success { Self::Passed } else { Self::Failed }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("ok"),
            Self::Failed => f.write_str("FAILED"),
            Self::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

/// The steps so far.
#[derive(Default)]
struct Report {
    steps: Vec<(&'static str, Outcome, Duration)>,
}

impl Report {
    /// Runs one step and takes down its end. A step that can't even be run has failed; the next one runs all the same.
    fn step(&mut self, name: &'static str, step: impl FnOnce() -> anyhow::Result<Outcome>) {
        println!("==> {name}");
        let began = Instant::now();
        let outcome = step().unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            Outcome::Failed
        });
        let took = began.elapsed();
        println!("<== {name}: {outcome} ({:.1} s)\n", took.as_secs_f64());
        self.steps.push((name, outcome, took));
    }

    fn failed(&self) -> bool {
        self.steps
            .iter()
            .any(|(_, outcome, _)| matches!(outcome, Outcome::Failed))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .steps
            .iter()
            .map(|(name, ..)| name.len())
            .max()
            .unwrap_or(0);
        for (name, outcome, took) in &self.steps {
            writeln!(f, "{name:width$}  {:>7.1} s  {outcome}", took.as_secs_f64())?;
        }
        let all: Duration = self.steps.iter().map(|(_, _, took)| took).sum();
        writeln!(f, "{:width$}  {:>7.1} s", "all", all.as_secs_f64())
    }
}

/// Runs every step, also after one has failed, so that one run tells all there is to mend.
///
/// The last line on stdout is the totals of the tests, whatever failed.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let mut report = Report::default();
    let mut totals = Totals::default();
    let mut matrix = Totals::default();

    report.step("cargo fmt", || {
        succeeds(workspace::cargo().args(["fmt", "--all", "--check"]))
    });
    report.step("cargo clippy", || {
        let args = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ];
        succeeds(workspace::cargo().args(args))
    });
    report.step("cargo xtask test", || {
        let (status, counted) = test::run_counted(&[])?;
        totals = counted;
        Ok(status.success().into())
    });
    report.step("cargo xtask clients", || {
        matrix = clients::run_counted(&clients::Selection::for_ci())?;
        Ok((matrix.failed == 0).into())
    });
    report.step("cargo doc", || {
        let args = ["doc", "--workspace", "--no-deps", "--locked"];
        succeeds(
            workspace::cargo()
                .args(args)
                .env("RUSTDOCFLAGS", "-D warnings"),
        )
    });
    let mut deny = None;
    report.step("install cargo-deny", || {
        deny = Some(CargoDeny::install()?);
        Ok(Outcome::Passed)
    });
    if let Some(deny) = deny {
        report.step("cargo deny: bans, licenses, sources", || {
            Ok(deny.check()?.into())
        });
        report.step("cargo deny: advisories", || {
            Ok(match deny.check_advisories()? {
                Advisories::Checked { clean } => clean.into(),
                Advisories::Unreachable => Outcome::Skipped("database not reachable"),
            })
        });
    }

    println!("{report}");
    println!("clients: {matrix}");
    println!("{totals}");
    Ok(if report.failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Runs one command to its end, its output passed through.
fn succeeds(command: &mut Command) -> anyhow::Result<Outcome> {
    println!("    {}", workspace::typed(command));
    let status = command
        .status()
        .with_context(|| format!("can't run `{}`", workspace::typed(command)))?;
    Ok(status.success().into())
}
