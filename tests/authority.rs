//! `pipetape ca`: made at its first use, kept to its owner, renewed on demand.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;

use crate::support::output::Ended;
use crate::support::program;
use crate::support::sandbox::Sandbox;

/// Where the authority is by default.
fn default_directory(sandbox: &Sandbox) -> PathBuf {
    let data = if cfg!(target_os = "macos") {
        "home/Library/Application Support"
    } else {
        "home/.local/share"
    };
    sandbox.path(data).join("pipetape/ca")
}

fn run_with(sandbox: &Sandbox, args: &[&str], variable: &str, value: &Path) -> Ended {
    let mut command = sandbox.command(args);
    command.env(variable, value);
    program::run(command)
}

fn path(stdout: &str) -> PathBuf {
    let line = stdout.strip_suffix('\n').expect("a line");
    assert!(!line.contains('\n'), "{stdout}");
    PathBuf::from(line)
}

fn fingerprint(sandbox: &Sandbox) -> String {
    let shown: Value = serde_json::from_str(&sandbox.ok(&["ca", "show", "--json"])).unwrap();
    shown["sha256"].as_str().unwrap().to_owned()
}

#[test]
fn the_path_is_all_that_stdout_has_from_the_first_time_on() {
    let sandbox = Sandbox::new();
    let first = sandbox.run(&["ca", "path"]);
    first.assert(0, &["made a certificate authority"]);
    let root = path(&first.stdout);
    assert_eq!(root.parent(), Some(&*default_directory(&sandbox)));
    let text = fs::read_to_string(&root).unwrap();
    assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 1);
    assert!(!text.contains("PRIVATE"));
    CertificateDer::from_pem_file(&root).unwrap();

    let second = sandbox.run(&["ca", "path"]);
    second.assert(0, &[]);
    assert_eq!(
        (second.stdout, second.stderr),
        (first.stdout, String::new())
    );
    assert_eq!(fs::read_to_string(&root).unwrap(), text);
}

#[test]
fn the_key_is_its_owners_alone() {
    let sandbox = Sandbox::new();
    let root = path(&sandbox.ok(&["ca", "path"]));
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    let key = root.with_extension("key");
    assert_eq!(mode(&key), 0o600);
    assert_eq!(mode(root.parent().unwrap()), 0o700);

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    for command in ["path", "show"] {
        let ended = sandbox.run(&["ca", command]);
        ended.assert(1, &["open to others", "0644", "chmod 600"]);
        assert_eq!(ended.stdout, "");
    }
    assert_eq!(mode(&key), 0o644);
}

#[test]
fn its_directory_may_be_chosen() {
    let sandbox = Sandbox::new();
    let flag = path(&sandbox.ok(&["ca", "path", "--ca-dir", "a/b"]));
    // Whoever gets the path may be in another directory.
    assert!(flag.is_absolute());
    assert_eq!(flag.parent(), Some(&*sandbox.path("a/b")));
    let chosen = sandbox.path("c");
    let variable = run_with(&sandbox, &["ca", "path"], "PIPETAPE_CA_DIR", &chosen);
    assert_eq!(path(&variable.stdout).parent(), Some(&*chosen));
    assert!(!default_directory(&sandbox).exists());
}

#[test]
#[cfg(target_os = "linux")]
fn the_data_directory_is_the_users() {
    let sandbox = Sandbox::new();
    let data = sandbox.path("data");
    let ended = run_with(&sandbox, &["ca", "path"], "XDG_DATA_HOME", &data);
    assert_eq!(
        path(&ended.stdout).parent(),
        Some(&*data.join("pipetape/ca"))
    );
}

#[test]
fn it_is_shown_to_people_and_programs() {
    let sandbox = Sandbox::new();
    let root = path(&sandbox.ok(&["ca", "path"]));
    let text = sandbox.ok(&["ca", "show"]);
    let shown: Value = serde_json::from_str(&sandbox.ok(&["ca", "show", "--json"])).unwrap();
    assert_eq!(shown["certificate"], root.to_str().unwrap());
    assert!(
        shown["permittedNames"]
            .as_array()
            .unwrap()
            .contains(&"amazonaws.com".into())
    );
    for member in [
        "certificate",
        "subject",
        "sha256",
        "validFrom",
        "validUntil",
        "key",
    ] {
        let value = shown[member].as_str().unwrap();
        assert!(text.contains(value), "{member}: {text}");
    }
}

#[test]
fn a_renewal_makes_another() {
    let sandbox = Sandbox::new();
    let root = path(&sandbox.ok(&["ca", "path"]));
    let text = fs::read_to_string(&root).unwrap();
    let former = fingerprint(&sandbox);
    let ended = sandbox.run(&["ca", "renew"]);
    ended.assert(0, &["have to be given this one"]);
    assert_eq!(path(&ended.stdout), root);
    assert_ne!(fs::read_to_string(&root).unwrap(), text);
    assert_ne!(fingerprint(&sandbox), former);
}

#[test]
fn damage_is_named_and_a_renewal_mends_it() {
    let sandbox = Sandbox::new();
    let root = path(&sandbox.ok(&["ca", "path"]));
    let key = root.with_extension("key");
    fs::write(&key, "not a key").unwrap();
    let ended = sandbox.run(&["ca", "path"]);
    ended.assert(1, &["pipetape ca renew", key.to_str().unwrap()]);
    assert_eq!(ended.stdout, "");
    assert_eq!(fs::read_to_string(&key).unwrap(), "not a key");
    sandbox.ok(&["ca", "renew"]);
    sandbox.ok(&["ca", "path"]);
}

#[test]
fn programs_that_start_at_once_share_one() {
    let sandbox = Sandbox::new();
    let running: Vec<_> = (0..4)
        .map(|_| program::Running::spawn(sandbox.command(&["ca", "show", "--json"])))
        .collect();
    let shown: Vec<String> = running
        .into_iter()
        .map(|running| {
            let ended = running.wait();
            ended.assert(0, &[]);
            ended.stdout
        })
        .collect();
    assert!(shown.iter().all(|one| *one == shown[0]), "{shown:?}");
}
