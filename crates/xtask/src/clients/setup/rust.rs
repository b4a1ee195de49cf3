//! The client from crates.io: a member of this workspace, so its lock file pins it.

use super::install;
use crate::clients::program::Worker;
use crate::workspace;

pub(super) fn set_up() -> anyhow::Result<Worker> {
    install(workspace::cargo().args(["build", "--locked", "--package", "rust-worker"]))?;
    let worker = workspace::target_dir().join("debug").join("rust-worker");
    Ok(Worker {
        command: vec![worker.into()],
        path: None,
    })
}
