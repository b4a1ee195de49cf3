//! cargo-deny: installed under the target directory, then run.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, ensure};

use crate::workspace;

/// The release of cargo-deny that `deny.toml` is written for.
const VERSION: &str = "0.20.2";

/// Its own release profile (one unit, fat link-time optimization) takes many minutes to build and saves a
/// fraction of a second per run. With these, one core builds it in about two minutes.
const BUILD_PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// What became of the check against the database of advisories.
pub(crate) enum Advisories {
    Checked {
        clean: bool,
    },
    /// No copy of the database could be had.
    Unreachable,
}

/// An installed cargo-deny.
pub(crate) struct CargoDeny {
    program: PathBuf,
}

impl CargoDeny {
    /// Finds the pinned release under the target directory, or builds it there.
    ///
    /// # Errors
    ///
    /// When cargo can't install it.
    pub(crate) fn install() -> anyhow::Result<Self> {
        let tools = workspace::target_dir().join("tools");
        let found = Self {
            program: tools.join("bin").join("cargo-deny"),
        };
        if found.is_pinned_version() {
            return Ok(found);
        }
        let build = tools.join("build");
        eprintln!("installing cargo-deny {VERSION} under {}", tools.display());
        let status = workspace::cargo()
            .args([
                "install",
                "cargo-deny",
                "--locked",
                "--version",
                VERSION,
                "--root",
            ])
            .arg(&tools)
            .arg("--target-dir")
            .arg(&build)
            .envs(BUILD_PROFILE)
            .status()
            .context("can't run cargo")?;
        ensure!(status.success(), "installing cargo-deny {VERSION} failed");
        // Hundreds of megabytes that nothing asks for again.
        fs::remove_dir_all(&build).with_context(|| format!("can't remove {}", build.display()))?;
        Ok(found)
    }

    /// Whether dependencies, licences and sources keep to `deny.toml`.
    ///
    /// # Errors
    ///
    /// When cargo-deny can't be run.
    pub(crate) fn check(&self) -> anyhow::Result<bool> {
        let status = self
            .command()
            .args([
                "--locked",
                "check",
                "--hide-inclusion-graph",
                "bans",
                "licenses",
                "sources",
            ])
            .status()
            .context("can't run cargo-deny")?;
        Ok(status.success())
    }

    /// Fetches the database of advisories, if it can be reached, and checks against it.
    ///
    /// # Errors
    ///
    /// When cargo-deny can't be run.
    pub(crate) fn check_advisories(&self) -> anyhow::Result<Advisories> {
        let fetched = self.fetch_advisories()?;
        if !fetched.status.success() {
            eprint!("{}", String::from_utf8_lossy(&fetched.stderr));
            return Ok(Advisories::Unreachable);
        }
        // Offline: the copy is seconds old, and a second fetch could fail even if the first did not.
        let status = self
            .command()
            .args(["--locked", "--offline", "check", "advisories"])
            .status()
            .context("can't run cargo-deny")?;
        Ok(Advisories::Checked {
            clean: status.success(),
        })
    }

    fn fetch_advisories(&self) -> anyhow::Result<Output> {
        self.command()
            .args(["fetch", "db"])
            // Git does the fetching: it asks no one, and gives up on a line that went quiet.
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_HTTP_LOW_SPEED_LIMIT", "1000")
            .env("GIT_HTTP_LOW_SPEED_TIME", "30")
            .stdin(Stdio::null())
            .output()
            .context("can't run cargo-deny")
    }

    fn is_pinned_version(&self) -> bool {
        let output = self.command().arg("--version").output();
        output.is_ok_and(|output| {
            output.stdout.trim_ascii() == format!("cargo-deny {VERSION}").as_bytes()
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(workspace::root());
        command
    }
}
