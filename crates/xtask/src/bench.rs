//! `cargo xtask bench`: builds the program as users get it, then lets `crates/bench` measure it.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, ensure};

use crate::{exit_code, workspace};

/// Builds and measures; `args` goes to the benchmark.
///
/// The program is built by itself: in one build with the benchmark, cargo would give it the
/// features that only the benchmark asks of the crates they share.
pub(crate) fn run(args: &[OsString]) -> anyhow::Result<ExitCode> {
    if !args.iter().any(|arg| arg == "--help" || arg == "-h") {
        let built = workspace::cargo()
            .args(["build", "--release", "--locked", "--package", "pipetape"])
            .status()
            .context("can't run cargo")?;
        ensure!(built.success(), "building pipetape failed");
    }
    let target = workspace::target_dir();
    let status = workspace::cargo()
        .args([
            "run",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            "bench",
            "--",
            "run",
        ])
        .arg("--pipetape")
        .arg(target.join("release").join("pipetape"))
        .arg("--scratch")
        .arg(target.join("bench"))
        .args(args)
        .status()
        .context("can't run cargo")?;
    Ok(exit_code(status))
}
