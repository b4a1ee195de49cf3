//! `cargo xtask nightly`: what does not fit into `ci`, for a machine that has an hour or two.

use std::process::ExitCode;

use crate::counts::Counts;
use crate::steps::{StepEnd, Steps};
use crate::totals::Totals;
use crate::{bench, clients, soak};

/// Runs every step, also after one has failed.
///
/// The last line on stdout is the totals of the clients' tests and of the soak together.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let mut steps = Steps::default();
    let mut totals = Totals::default();
    // First, while nothing else has warmed the machine.
    steps.step("cargo xtask bench", || Ok(bench::run(&[])?.into()));
    steps.step("cargo xtask counts", || Ok(Counts::Compare.run()?.into()));
    // Whole: also the clients that `ci` does not require, and of which none may be missing here.
    steps.step("cargo xtask clients, none skipped", || {
        let clients = clients::run_counted(&clients::Selection::whole())?;
        totals += clients;
        Ok((clients.failed == 0).into())
    });
    steps.step("cargo xtask soak", || {
        let (status, soaked) = soak::run_counted(&[])?;
        totals += soaked;
        Ok(StepEnd::from(status.success()))
    });
    println!("{steps}");
    println!("{totals}");
    Ok(steps.exit_code())
}
