//! Clients that are compiled here: from Go modules, and from crates.io.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use super::{Folders, Installation, install, said};
use crate::clients::program::Worker;
use crate::needs::Missing;
use crate::workspace;

/// A client whose worker is made from these files, `go.mod` and `go.sum`.
pub(super) fn go(folders: &Folders, name: &str, sources: &[&str]) -> anyhow::Result<Worker> {
    let Some(version) = said(Path::new("go"), &["version"]) else {
        bail!(Missing("Go is not installed".to_owned()));
    };
    let manifests = [&["go.mod", "go.sum"], sources].concat();
    let installation = Installation::of(folders, name, &manifests, &version)?;
    installation.copy_sources(folders, name)?;
    let worker = installation.directory.join("worker");
    installation.ensure(|| {
        let mut go = Command::new("go");
        go.args([
            "build",
            "-mod=readonly",
            "-modcacherw",
            "-buildvcs=false",
            "-o",
        ])
        .arg(&worker)
        .current_dir(&installation.directory)
        .env("GOMODCACHE", folders.cache("go-modules"))
        .env("GOCACHE", folders.cache("go-build"))
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off");
        install(&mut go)
    })?;
    Ok(Worker {
        command: vec![worker.into()],
        path: None,
    })
}

/// The client from crates.io: a member of this workspace, so its lock file pins it.
pub(super) fn rust() -> anyhow::Result<Worker> {
    install(workspace::cargo().args(["build", "--locked", "--package", "rust-worker"]))?;
    let worker = workspace::target_dir().join("debug").join("rust-worker");
    Ok(Worker {
        command: vec![worker.into()],
        path: None,
    })
}
