//! Clients from Maven Central.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::bail;

use super::{Folders, Installation, install, said};
use crate::clients::program::Worker;
use crate::needs::Missing;

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
