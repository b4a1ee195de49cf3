//! JUnit from Maven, for a recipe; no client.

use std::path::PathBuf;
use std::process::Command;

use anyhow::bail;

use super::{Folders, Installation, install};
use crate::needs::{Missing, is_on_path};

const VERSION: &str = "1.11.4";
const DEPENDENCY_PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/// Gives JUnit's launcher with all that it needs, in one file.
///
/// A JDK and Maven are large, so neither is installed: if they are there, they are used.
pub(super) fn set_up(folders: &Folders) -> anyhow::Result<PathBuf> {
    if let Some(missing) = ["java", "javac", "mvn"]
        .into_iter()
        .find(|name| !is_on_path(name))
    {
        bail!(Missing(format!("`{missing}` is missing")));
    }
    let artifact = format!("org.junit.platform:junit-platform-console-standalone:{VERSION}");
    let installation = Installation {
        directory: folders.target.join("junit"),
        origin: artifact.clone(),
    };
    let installed = installation.ensure(|| {
        let mut maven = Command::new("mvn");
        maven
            .args([
                "--batch-mode",
                "--quiet",
                "--strict-checksums",
                "-Dstyle.color=never",
            ])
            .arg(format!("{DEPENDENCY_PLUGIN}:copy"))
            .arg(format!("-Dartifact={artifact}"))
            .arg(format!(
                "-DoutputDirectory={}",
                installation.directory.display()
            ))
            .arg(format!(
                "-Dmaven.repo.local={}",
                folders.cache("maven").display()
            ))
            .current_dir(&installation.directory);
        install(&mut maven)
    });
    // A Maven that reaches no registry is as good as none.
    if let Err(error) = installed {
        bail!(Missing(format!("Maven does not get JUnit: {error:#}")));
    }
    let name = format!("junit-platform-console-standalone-{VERSION}.jar");
    Ok(installation.directory.join(name))
}
