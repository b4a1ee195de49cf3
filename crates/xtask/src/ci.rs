//! `cargo xtask ci`: everything that has to be green before a change lands.

use std::process::ExitCode;

use crate::deny::{Advisories, CargoDeny};
use crate::shape::Shape;
use crate::steps::{StepEnd, Steps, succeeds};
use crate::totals::Totals;
use crate::{clients, test, workspace};

/// Runs every step, also after one has failed, so that one run says everything that has to be mended.
///
/// The last line on stdout is the totals of the tests, whatever failed.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let mut steps = Steps::default();
    let mut totals = Totals::default();
    let mut matrix = Totals::default();

    steps.step("cargo fmt", || {
        succeeds(workspace::cargo().args(["fmt", "--all", "--check"]))
    });
    steps.step("cargo clippy", || {
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
    steps.step("cargo xtask test", || {
        let (status, counted) = test::run_counted(&[])?;
        totals = counted;
        Ok(status.success().into())
    });
    steps.step("cargo xtask clients", || {
        matrix = clients::run_counted(&clients::Selection::for_ci())?;
        Ok((matrix.failed == 0).into())
    });
    steps.step("cargo doc", || {
        let args = ["doc", "--workspace", "--no-deps", "--locked"];
        succeeds(
            workspace::cargo()
                .args(args)
                .env("RUSTDOCFLAGS", "-D warnings"),
        )
    });
    let mut deny = None;
    steps.step("install cargo-deny", || {
        deny = Some(CargoDeny::install()?);
        Ok(StepEnd::Passed)
    });
    if let Some(deny) = deny {
        steps.step("cargo deny: bans, licenses, sources", || {
            Ok(deny.check()?.into())
        });
        steps.step("cargo deny: advisories", || {
            Ok(match deny.check_advisories()? {
                Advisories::Checked { clean } => clean.into(),
                Advisories::Unreachable => StepEnd::Skipped("database not reachable"),
            })
        });
    }

    steps.step("cargo xtask shape --check", || {
        Ok(Shape::CHECK.run()?.into())
    });

    println!("{steps}");
    println!("clients: {matrix}");
    println!("{totals}");
    Ok(steps.exit_code())
}
