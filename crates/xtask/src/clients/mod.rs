//! `cargo xtask clients`: real AWS clients, live and replayed.
//!
//! Each client has a worker under `tests/clients/`, all doing the same session. Every client is set up
//! under the target directory with its own package manager, and put through each
//! [`client::Scenario`]: each is a test `CLIENT::SCENARIO`, which `libtest-mimic` runs and reports.

mod admin;
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
mod race;
mod recipes;
mod relay;
mod runner;
mod sample;
mod selection;
mod server;
mod session;
mod setup;
mod stage;
mod table;
mod tape;
mod workflow;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use self::client::Scenario;
use self::matrix::Matrix;
use self::table::Table;
use crate::needs::Missing;
use crate::totals::Totals;
use crate::workspace;

pub(crate) use client::Client;
pub(crate) use selection::Selection;

/// Builds pipetape, runs the tests and prints their table. The last line on stdout is their totals.
///
/// # Errors
///
/// When pipetape can't be built, or the files that all tests read can't be. Failed tests are in the exit code.
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
    let program = "cargo xtask clients".into();
    let mut arguments = Arguments::from_iter([program].iter().chain(&selection.tests));
    // Some tests measure time, and all of them start several programs.
    arguments.test_threads.get_or_insert(1);
    if !arguments.list {
        let status = workspace::cargo()
            .args(["build", "--locked", "--package", "pipetape"])
            .status()
            .context("can't run cargo")?;
        anyhow::ensure!(status.success(), "building pipetape failed");
    }
    let table = Arc::new(Mutex::new(Table::default()));
    let tests = tests(selection, &table)?;
    let conclusion = libtest_mimic::run(&arguments, tests);
    println!("{}", table.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Totals {
        passed: conclusion.num_passed,
        failed: conclusion.num_failed,
        skipped: conclusion.num_ignored,
    })
}

/// A test for each client and scenario, and one for each check.
fn tests(selection: &Selection, table: &Arc<Mutex<Table>>) -> anyhow::Result<Vec<Trial>> {
    let matrix = Arc::new(Matrix::new(selection)?);
    let mut tests = Vec::new();
    // By scenario: every client has recorded before one plays the tapes of the others.
    for scenario in Scenario::ALL {
        for &client in &selection.only {
            let (matrix, table) = (Arc::clone(&matrix), Arc::clone(table));
            let run = move || {
                let outcome = outcome(matrix.run(client, scenario));
                let word = match outcome {
                    Ok(Completion::Completed) => "passed",
                    Ok(Completion::Ignored { .. }) => "skipped",
                    Err(_) => "failed",
                };
                let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
                table.words.insert((client.name(), scenario.name()), word);
                outcome
            };
            tests.push(Trial::ignorable_test(format!("{client}::{scenario}"), run));
        }
    }
    for (title, check) in checks::checks() {
        let matrix = Arc::clone(&matrix);
        let run = move || outcome(check(&matrix));
        tests.push(Trial::ignorable_test(title, run));
    }
    Ok(tests)
}

/// A test that needs something that is [`Missing`] is skipped.
fn outcome(result: anyhow::Result<()>) -> Result<Completion, Failed> {
    let Err(error) = result else {
        return Ok(Completion::Completed);
    };
    match error.downcast_ref::<Missing>() {
        Some(missing) => Ok(Completion::ignored_with(missing)),
        None => Err(format!("{error:#}").into()),
    }
}
