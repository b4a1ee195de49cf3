//! The aws CLI: version 1 is on PyPI; version 2 is not, so it is the operating system's.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use super::python::environment;
use super::{Folders, remove, said};
use crate::clients::program::Worker;
use crate::needs::{self, Missing};

pub(super) fn version_1(folders: &Folders, name: &str) -> anyhow::Result<Worker> {
    needs::provide("jq", "jq")?;
    let bin = environment(folders, name)?;
    let worker = folders.sources.join(name).join("worker.sh");
    Ok(Worker {
        command: vec![worker.into()],
        path: Some(bin),
    })
}

pub(super) fn version_2(folders: &Folders, name: &str) -> anyhow::Result<Worker> {
    needs::provide("jq", "jq")?;
    let found = || find().is_some();
    needs::provide_if("version 2 of the aws CLI", "awscli", found)?;
    let program = find().ok_or_else(|| Missing("version 2 of the aws CLI".to_owned()))?;
    // PATH may have version 1 before it.
    let bin = folders.target.join(name).join("bin");
    link(&program, &bin)?;
    Ok(Worker {
        command: vec![folders.sources.join(name).join("worker.sh").into()],
        path: Some(bin),
    })
}

fn link(program: &Path, bin: &Path) -> io::Result<()> {
    fs::create_dir_all(bin)?;
    let link = bin.join("aws");
    remove(&link)?;
    symlink(program, link)
}

fn find() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|directory| directory.join("aws"))
        .filter(|program| program.is_file())
        .find(|program| {
            said(program, &["--version"]).is_some_and(|version| version.starts_with("aws-cli/2."))
        })
}
