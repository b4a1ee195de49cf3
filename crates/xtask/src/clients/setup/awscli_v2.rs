//! Version 2 of the aws CLI: not on PyPI, so the operating system's.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use super::{Folders, Setup, remove, said};
use crate::clients::program::Worker;
use crate::needs::{self, Provided};

pub(super) fn set_up(folders: &Folders, name: &str) -> anyhow::Result<Setup> {
    if let Provided::Missing(what) = needs::provide("jq", "jq")? {
        return Ok(Setup::Missing(what));
    }
    let found = || find().is_some();
    if let Provided::Missing(what) = needs::provide_if("version 2 of the aws CLI", "awscli", found)?
    {
        return Ok(Setup::Missing(what));
    }
    let Some(program) = find() else {
        return Ok(Setup::Missing("version 2 of the aws CLI".to_owned()));
    };
    // PATH may have version 1 before it.
    let bin = folders.target.join(name).join("bin");
    link(&program, &bin)?;
    Ok(Setup::Ready(Worker {
        command: vec![folders.sources.join(name).join("worker.sh").into()],
        path: Some(bin),
    }))
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
