//! Clients from PyPI, each in a virtual environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use super::{Folders, Installation, install, said};
use crate::clients::program::Worker;
use crate::needs::{self, Missing};

/// What the pinned releases ask for.
const OLDEST: (u32, u32) = (3, 10);

/// A client whose worker is a Python program.
pub(super) fn script(folders: &Folders, name: &str, script: &str) -> anyhow::Result<Worker> {
    let bin = environment(folders, name)?;
    let script = folders.sources.join(name).join(script);
    Ok(Worker {
        command: vec!["python3".into(), script.into()],
        path: Some(bin),
    })
}

/// Makes a virtual environment; gives the folder of its programs.
pub(super) fn environment(folders: &Folders, name: &str) -> anyhow::Result<PathBuf> {
    needs::provide("python3", "python3")?;
    let version = said(Path::new("python3"), &["--version"]).unwrap_or_default();
    if number(&version).is_none_or(|version| version < OLDEST) {
        let (major, minor) = OLDEST;
        let what = format!("Python {major}.{minor} or newer is needed, python3 is {version:?}");
        bail!(Missing(what));
    }
    // Debian has the part of `venv` that brings pip in a package of its own.
    if said(Path::new("python3"), &["-c", "import ensurepip, venv"]).is_none() {
        let found = || said(Path::new("python3"), &["-c", "import ensurepip, venv"]).is_some();
        needs::provide_if("Python's venv", "python3-venv", found)?;
    }
    let installation = Installation::of(folders, name, &["requirements.txt"], &version)?;
    let venv = installation.directory.join("venv");
    let bin = venv.join("bin");
    installation.ensure(|| {
        if venv.exists() {
            fs::remove_dir_all(&venv)?;
        }
        install(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let requirements = folders.sources.join(name).join("requirements.txt");
        let mut pip = Command::new(bin.join("python3"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--requirement",
        ])
        .arg(requirements)
        .env("PIP_CACHE_DIR", folders.cache("pip"))
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_NO_INPUT", "1");
        install(&mut pip)
    })?;
    Ok(bin)
}

/// The first two numbers of `Python 3.11.7`.
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix("Python ")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        assert_eq!(number("Python 3.9.2"), Some((3, 9)));
        assert!(number("Python 3.9.2").unwrap() < OLDEST);
        assert!(number("Python 3.14.0rc1").unwrap() > OLDEST);
        assert_eq!(number("pypy"), None);
    }
}
