//! Steps that run one after the other, and the summary at their end.

use std::fmt;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::workspace;

/// How a step ended.
pub(crate) enum StepEnd {
    Passed,
    Failed,
    Skipped(&'static str),
}

/// The steps so far.
#[derive(Default)]
pub(crate) struct Steps {
    steps: Vec<(&'static str, StepEnd, Duration)>,
}

impl From<bool> for StepEnd {
    fn from(success: bool) -> Self {
        if success { Self::Passed } else { Self::Failed }
    }
}

impl From<ExitCode> for StepEnd {
    fn from(code: ExitCode) -> Self {
        (code == ExitCode::SUCCESS).into()
    }
}

impl fmt::Display for StepEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("ok"),
            Self::Failed => f.write_str("FAILED"),
            Self::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

impl Steps {
    /// Runs one step and notes its end. A step that can't be run has failed; the next one runs all the same,
    /// so that one run says everything that has to be mended.
    pub(crate) fn step(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> anyhow::Result<StepEnd>,
    ) {
        println!("==> {name}");
        let began = Instant::now();
        let end = step().unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            StepEnd::Failed
        });
        let took = began.elapsed();
        println!("<== {name}: {end} ({:.1} s)\n", took.as_secs_f64());
        self.steps.push((name, end, took));
    }

    /// Success, unless a step has failed.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let mut steps = self.steps.iter();
        if steps.any(|(_, end, _)| matches!(end, StepEnd::Failed)) {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.steps.iter().map(|(name, ..)| name.len()).max();
        let width = width.unwrap_or(0);
        for (name, end, took) in &self.steps {
            writeln!(f, "{name:width$}  {:>7.1} s  {end}", took.as_secs_f64())?;
        }
        let all: Duration = self.steps.iter().map(|(_, _, took)| took).sum();
        writeln!(f, "{:width$}  {:>7.1} s", "all", all.as_secs_f64())
    }
}

/// Runs one command to its end, its output passed through.
///
/// # Errors
///
/// It can't be run.
pub(crate) fn succeeds(command: &mut Command) -> anyhow::Result<StepEnd> {
    println!("    {}", workspace::typed(command));
    let status = command
        .status()
        .with_context(|| format!("can't run `{}`", workspace::typed(command)))?;
    Ok(status.success().into())
}
