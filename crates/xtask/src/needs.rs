//! What tests need beyond cargo: found, installed, or asked for in plain words.

use std::env;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// A program that tests start, and the Debian package that brings it.
struct Program {
    name: &'static str,
    package: &'static str,
    why: &'static str,
}

/// Linux only: elsewhere the tests that use these do not exist.
const PROGRAMS: &[Program] = &[
    Program {
        name: "strace",
        package: "strace",
        why: "tests watch the system calls of a replay: it must never call connect",
    },
    Program {
        name: "openssl",
        package: "openssl",
        why: "tests have it refuse certificates that pipetape's authority may not sign",
    },
    Program {
        name: "python3",
        package: "python3",
        why: "as OpenSSL",
    },
    Program {
        name: "node",
        package: "nodejs",
        why: "as OpenSSL",
    },
    Program {
        name: "curl",
        package: "curl",
        why: "tests run the README's example, and commands around which pipetape runs",
    },
    Program {
        name: "tinyproxy",
        // The program alone: the package `tinyproxy` starts a service.
        package: "tinyproxy-bin",
        why: "tests record through a corporate proxy",
    },
];

/// Something that was asked for is not there and can't be installed from here: says what.
#[derive(Debug, Clone)]
pub(crate) struct Missing(pub(crate) String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}

/// Makes sure that every needed program is there.
///
/// # Errors
///
/// When one is missing and can't be installed from here; the message says what to install.
pub(crate) fn install() -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing: Vec<&Program> = PROGRAMS
        .iter()
        .filter(|program| !is_on_path(program.name))
        .collect();
    let packages: Vec<&str> = missing.iter().map(|program| program.package).collect();
    install_packages(&packages)?;
    for program in missing {
        if !is_on_path(program.name) {
            let Program { name, package, why } = program;
            bail!(
                "`{name}` is missing ({why})\nhint: install it, on Debian and Ubuntu: sudo apt-get install {package}"
            );
        }
    }
    Ok(())
}

/// Makes sure that a program is there, from a Debian package if that can be installed.
///
/// # Errors
///
/// [`Missing`], or the installation fails.
pub(crate) fn provide(program: &str, package: &str) -> anyhow::Result<()> {
    provide_if(&format!("`{program}`"), package, || is_on_path(program))
}

/// As [`provide`], for anything that `is_there` can find.
///
/// # Errors
///
/// [`Missing`], or the installation fails.
pub(crate) fn provide_if(
    what: &str,
    package: &str,
    is_there: impl Fn() -> bool,
) -> anyhow::Result<()> {
    if !is_there() {
        install_packages(&[package])?;
    }
    if !is_there() {
        bail!(Missing(format!(
            "{what} is missing (Debian package {package})"
        )));
    }
    Ok(())
}

/// Installs Debian packages if that is possible; otherwise nothing happens.
fn install_packages(packages: &[&str]) -> anyhow::Result<()> {
    if packages.is_empty() || !is_on_path("apt-get") || !is_root() {
        return Ok(());
    }
    eprintln!("installing Debian packages: {}", packages.join(" "));
    // Lists of an older day name packages that are gone, so they are renewed first.
    apt_get(&["update"])?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt_get(&[&install, packages].concat())
}

pub(crate) fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Whether packages may be installed. `/proc/self` belongs to the user that this process acts as.
fn is_root() -> bool {
    Path::new("/proc/self")
        .metadata()
        .is_ok_and(|of| of.uid() == 0)
}

/// Runs apt-get without questions. What it says goes to stderr: stdout is for test results.
fn apt_get(args: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new("apt-get");
    command
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(std::io::stderr());
    let status = command.status().context("can't run apt-get")?;
    if !status.success() {
        bail!("apt-get {} failed ({status})", args.join(" "));
    }
    Ok(())
}
