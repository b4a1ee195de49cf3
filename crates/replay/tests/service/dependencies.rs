//! What the crate is built from: nothing that could dial.

use std::process::Command;

/// A package's dependencies and their features, one a line, those of its tests aside.
fn tree(package: &str) -> Vec<String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap());
    let args = ["tree", "--locked", "--offline", "--prefix", "none"];
    cargo.args(args).args(["--edges", "normal,features"]);
    let output = cargo.args(["--package", package]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(str::to_owned).collect()
}

fn clients(package: &str) -> Vec<String> {
    let mut lines = tree(package);
    assert!(lines.len() > 20, "{lines:?}");
    lines.retain(|line| {
        // hyper, hyper-util and the SDK's runtime call it so.
        let is_client = line.contains(" feature \"client");
        let name = line.split(' ').next().unwrap_or_default();
        is_client || ["reqwest", "ureq", "curl", "isahc", "hyper-rustls"].contains(&name)
    });
    lines
}

#[test]
fn a_replay_has_no_http_client() {
    assert_eq!(clients("pipetape-replay"), Vec::<String>::new());
    // The one that dials has, and is found out.
    assert!(!clients("pipetape-proxy").is_empty());
}
