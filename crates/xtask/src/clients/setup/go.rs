//! The client from Go modules.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use super::{Folders, Installation, install, said};
use crate::clients::program::Worker;
use crate::needs::Missing;

/// A client whose worker is made from these files, `go.mod` and `go.sum`.
pub(super) fn set_up(folders: &Folders, name: &str, sources: &[&str]) -> anyhow::Result<Worker> {
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
