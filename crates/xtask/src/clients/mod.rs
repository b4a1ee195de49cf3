//! `cargo xtask clients`: real AWS clients, live and replayed.
//!
//! Each client has a worker under `tests/clients/`, all doing the same session. The matrix sets every
//! client up under the target directory with its own package manager, and puts it through each
//! [`scenario::Scenario`].

mod admin;
mod artifacts;
mod checks;
mod client;
mod difference;
mod fleet;
mod flows;
mod interception;
mod matrix;
mod moto;
mod page;
mod poller;
mod program;
mod progress;
mod race;
mod recipes;
mod relay;
mod runner;
mod sample;
mod scenario;
mod selection;
mod server;
mod session;
mod setup;
mod stage;
mod table;
mod tape;
mod tape_variant;
mod workflow;

use std::process::ExitCode;

use anyhow::Context;

use crate::totals::Totals;
use crate::workspace;

pub(crate) use client::Client;
pub(crate) use selection::Selection;

/// Builds pipetape, runs the matrix and prints its table. The last line on stdout is its totals.
///
/// # Errors
///
/// When pipetape can't be built, or the files of the matrix can't be read. Failed cells are in the exit code.
pub(crate) fn run(selection: &Selection) -> anyhow::Result<ExitCode> {
    let totals = run_counted(selection)?;
    println!("{totals}");
    Ok(if totals.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// As [`run`], and leaves the totals to the caller.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn run_counted(selection: &Selection) -> anyhow::Result<Totals> {
    let status = workspace::cargo()
        .args(["build", "--locked", "--package", "pipetape"])
        .status()
        .context("can't run cargo")?;
    anyhow::ensure!(status.success(), "building pipetape failed");
    matrix::run(selection)
}
