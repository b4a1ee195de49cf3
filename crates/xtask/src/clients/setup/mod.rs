//! Gets each client ready, under the target directory and with its own package manager.

mod awscli;
mod compiled;
mod java;
mod node;
mod python;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use anyhow::{Context, ensure};

use super::Client;
use super::program::Worker;
use crate::{needs, workspace};

/// Where clients come from and where they are set up.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    /// `tests/clients`.
    pub(crate) sources: PathBuf,
    /// `target/clients`: everything that is installed, caches included.
    pub(crate) target: PathBuf,
}

impl Folders {
    pub(crate) fn of_workspace() -> Self {
        Self {
            sources: workspace::root().join("tests").join("clients"),
            target: workspace::target_dir().join("clients"),
        }
    }

    /// Where a package manager keeps what it downloaded.
    fn cache(&self, name: &str) -> PathBuf {
        self.target.join("cache").join(name)
    }
}

/// Sets a client up, or finds that it is.
///
/// # Errors
///
/// [`Missing`](needs::Missing), or its package manager is there and fails.
pub(crate) fn set_up(client: Client, folders: &Folders) -> anyhow::Result<Worker> {
    let name = client.name();
    let result = match client {
        Client::Boto3 | Client::Boto3Of2021 => python::script(folders, name, "worker.py"),
        Client::AwsCliV1 => awscli::version_1(folders, name),
        Client::AwsCliV2 => awscli::version_2(folders, name),
        Client::JsV3 => node::set_up(folders, name, "worker.mjs"),
        Client::JsV2 => node::set_up(folders, name, "worker.js"),
        Client::Rust => compiled::rust(),
        Client::GoV2 => compiled::go(folders, name, &["main.go", "output.go", "poller.go"]),
        Client::GoV1 => compiled::go(folders, name, &["main.go", "poller.go"]),
        Client::JavaV2 | Client::JavaV1 => java::set_up(folders, name),
    };
    result.with_context(|| format!("{name} can't be set up"))
}

/// Sets up moto, and a program that makes pipelines in it.
///
/// # Errors
///
/// As [`set_up`].
pub(crate) fn set_up_moto(folders: &Folders) -> anyhow::Result<Worker> {
    needs::provide("curl", "curl")?;
    python::script(folders, "moto", "pipelines.py").context("moto can't be set up")
}

/// Gets JUnit's launcher.
///
/// # Errors
///
/// [`Missing`](needs::Missing), or files can't be read or written.
pub(crate) fn set_up_junit(folders: &Folders) -> anyhow::Result<PathBuf> {
    java::set_up_junit(folders)
}

/// A client's folder under the target directory, and whether it holds what its manifest says.
struct Installation {
    directory: PathBuf,
    /// What it is made from: the manifests, and the version of the tool that reads them.
    origin: String,
}

impl Installation {
    /// The installation that goes by these manifests in the client's source folder.
    fn of(folders: &Folders, name: &str, manifests: &[&str], tool: &str) -> anyhow::Result<Self> {
        let mut origin = format!("{tool}\n");
        for manifest in manifests {
            let path = folders.sources.join(name).join(manifest);
            let text = fs::read_to_string(&path);
            origin += &text.with_context(|| format!("can't read {}", path.display()))?;
        }
        Ok(Self {
            directory: folders.target.join(name),
            origin,
        })
    }

    /// Copies the client's sources beside what is installed: programs look for modules from where they lie.
    fn copy_sources(&self, folders: &Folders, name: &str) -> anyhow::Result<()> {
        fs::create_dir_all(&self.directory)?;
        for entry in fs::read_dir(folders.sources.join(name))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), self.directory.join(entry.file_name()))?;
            }
        }
        Ok(())
    }

    /// Runs `install` unless it has succeeded before with the same origin.
    fn ensure(&self, install: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        let stamp = self.directory.join(".installed-from");
        if fs::read_to_string(&stamp).is_ok_and(|origin| origin == self.origin) {
            return Ok(());
        }
        eprintln!("installing {}", self.directory.display());
        remove(&stamp)?;
        fs::create_dir_all(&self.directory)?;
        install()?;
        Ok(fs::write(stamp, &self.origin)?)
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Runs a step of an installation. What it says goes to stderr.
fn install(command: &mut Command) -> anyhow::Result<()> {
    let typed = workspace::typed(command);
    let status = command
        .stdin(Stdio::null())
        .stdout(io::stderr())
        .status()
        .with_context(|| format!("can't run `{typed}`"))?;
    ensure!(status.success(), "`{typed}` failed ({status})");
    Ok(())
}

/// What a program says to `args`, if it is there and succeeds.
fn said(program: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}
