//! Clients from npm.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use super::{Folders, Installation, install, said};
use crate::clients::program::Worker;
use crate::needs::{self, Missing};

/// What the pinned release of version 3 asks for; version 2 runs with it, too.
const OLDEST: u32 = 20;

pub(super) fn set_up(folders: &Folders, name: &str, worker: &str) -> anyhow::Result<Worker> {
    for (program, package) in [("node", "nodejs"), ("npm", "npm")] {
        needs::provide(program, package)?;
    }
    let version = said(Path::new("node"), &["--version"]).unwrap_or_default();
    if major(&version).is_none_or(|major| major < OLDEST) {
        let what = format!("Node.js {OLDEST} or newer is needed, node is {version:?}");
        bail!(Missing(what));
    }
    let manifests = ["package.json", "package-lock.json"];
    let installation = Installation::of(folders, name, &manifests, &version)?;
    installation.copy_sources(folders, name)?;
    installation.ensure(|| {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&installation.directory)
            .env("npm_config_cache", folders.cache("npm"))
            .env("npm_config_update_notifier", "false");
        install(&mut npm)
    })?;
    let worker = installation.directory.join(worker);
    Ok(Worker {
        command: vec!["node".into(), worker.into()],
        path: None,
    })
}

/// The first number of `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        assert_eq!(major("v18.19.0"), Some(18));
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major(""), None);
    }
}
