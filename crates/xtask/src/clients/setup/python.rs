//! Clients from PyPI, each in a virtual environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Folders, Installation, Setup, install, said};
use crate::clients::program::Worker;
use crate::needs::{self, Provided};

/// What the pinned releases ask for.
const OLDEST: (u32, u32) = (3, 10);

/// A client whose worker is a Python program.
pub(super) fn script(folders: &Folders, name: &str, script: &str) -> anyhow::Result<Setup> {
    let bin = match environment(folders, name)? {
        Environment::Ready { bin } => bin,
        Environment::Missing(what) => return Ok(Setup::Missing(what)),
    };
    let script = folders.sources.join(name).join(script);
    Ok(Setup::Ready(Worker {
        command: vec!["python3".into(), script.into()],
        path: Some(bin),
    }))
}

pub(super) fn awscli(folders: &Folders, name: &str) -> anyhow::Result<Setup> {
    if let Provided::Missing(what) = needs::provide("jq", "jq")? {
        return Ok(Setup::Missing(what));
    }
    let bin = match environment(folders, name)? {
        Environment::Ready { bin } => bin,
        Environment::Missing(what) => return Ok(Setup::Missing(what)),
    };
    let worker = folders.sources.join(name).join("worker.sh");
    Ok(Setup::Ready(Worker {
        command: vec![worker.into()],
        path: Some(bin),
    }))
}

enum Environment {
    Ready { bin: PathBuf },
    Missing(String),
}

fn environment(folders: &Folders, name: &str) -> anyhow::Result<Environment> {
    if let Provided::Missing(what) = needs::provide("python3", "python3")? {
        return Ok(Environment::Missing(what));
    }
    let version = said(Path::new("python3"), &["--version"]).unwrap_or_default();
    if number(&version).is_none_or(|version| version < OLDEST) {
        let (major, minor) = OLDEST;
        let what = format!("Python {major}.{minor} or newer is needed, python3 is {version:?}");
        return Ok(Environment::Missing(what));
    }
    // Debian has the part of `venv` that brings pip in a package of its own.
    if said(Path::new("python3"), &["-c", "import ensurepip, venv"]).is_none() {
        let found = || said(Path::new("python3"), &["-c", "import ensurepip, venv"]).is_some();
        if let Provided::Missing(what) = needs::provide_if("Python's venv", "python3-venv", found)?
        {
            return Ok(Environment::Missing(what));
        }
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
    Ok(Environment::Ready { bin })
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
