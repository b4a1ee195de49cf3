//! What Maven Central brings: clients, and JUnit for a recipe.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use super::{Folders, Installation, install, said};
use crate::clients::program::Worker;
use crate::needs::{Missing, is_on_path};

const VERSION: &str = "1.11.4";
const DEPENDENCY_PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/// A client: its worker is compiled by Maven.
pub(super) fn set_up(folders: &Folders, name: &str) -> anyhow::Result<Worker> {
    let mut version = String::new();
    for (program, argument) in [("javac", "-version"), ("mvn", "--version")] {
        let Some(text) = said(Path::new(program), &[argument]) else {
            bail!(Missing(format!("Java is not installed: no `{program}`")));
        };
        version += &text;
    }
    let manifests = [
        "pom.xml",
        "src/Output.java",
        "src/Poller.java",
        "src/Worker.java",
    ];
    let installation = Installation::of(folders, name, &manifests, &version)?;
    let into = &installation.directory;
    installation.ensure(|| {
        let mut maven = Command::new("mvn");
        maven
            .args(["--batch-mode", "--quiet", "--strict-checksums", "--file"])
            .arg(folders.sources.join(name).join("pom.xml"))
            .arg(property("maven.repo.local", &folders.cache("maven")))
            .arg(property("into", into))
            .arg("compile");
        install(&mut maven)
    })?;
    let mut classes: OsString = into.join("classes").into();
    classes.push(":");
    classes.push(into.join("lib").join("*"));
    Ok(Worker {
        // The quick compiler: a worker lives for a second.
        command: vec![
            "java".into(),
            "-XX:TieredStopAtLevel=1".into(),
            "-cp".into(),
            classes,
            "Worker".into(),
        ],
        path: None,
    })
}

fn property(name: &str, value: &Path) -> OsString {
    let mut argument = OsString::from(format!("-D{name}="));
    argument.push(value);
    argument
}

/// Gives JUnit's launcher with all that it needs, in one file.
///
/// A JDK and Maven are large, so neither is installed: if they are there, they are used.
pub(super) fn set_up_junit(folders: &Folders) -> anyhow::Result<PathBuf> {
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
