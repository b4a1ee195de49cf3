//! Who may read a store, and what a wrapped command inherits.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::job_service::JobService;
use crate::support::program;
use crate::support::sandbox::Sandbox;
use crate::support::scan::everything_below;

#[test]
fn only_the_user_may_read_a_store_and_a_wrapped_command_keeps_its_umask() {
    let sandbox = Sandbox::new();
    let upstream = JobService::upstream();
    let mut command = sandbox.command_of(Path::new("sh"), &[]);
    command.args([
        "-c",
        "umask 027 && exec \"$@\"",
        "sh",
        program::PATH,
        "record",
        "t",
        "--upstream",
        &upstream.url(),
        "--",
        "sh",
        "-c",
        "umask; echo made >made-by-the-command",
    ]);
    let ended = program::run(command);
    ended.assert(0, &[]);
    assert_eq!(ended.stdout.trim(), "0027", "{ended}");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&sandbox.path("made-by-the-command")), 0o640);

    let tapes = sandbox.store();
    sandbox.record("u", &upstream.url(), &[]).stop_ok();
    let file = sandbox.write("u.tape.json", sandbox.export("u"));
    sandbox.ok(&["import", &file, "--as", "imported"]);
    let server = sandbox.record("open", &upstream.url(), &[]);
    server.call("PollForJobs", "{}");
    // Open and closed tapes alike.
    assert_eq!(mode(&tapes), 0o700);
    let all = everything_below(&tapes);
    assert!(all.len() > 8, "{all:?}");
    for path in all {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    server.stop_ok();
}

#[test]
fn git_leaves_a_store_alone() {
    let sandbox = Sandbox::new();
    let upstream = JobService::upstream();
    sandbox.record("t", &upstream.url(), &[]).stop_ok();
    let ignore = fs::read_to_string(sandbox.store().join(".gitignore")).unwrap();
    assert!(ignore.lines().any(|line| line == "*"), "{ignore}");
    let git = |args: &[&str]| {
        Command::new("git")
            .args(args)
            .current_dir(sandbox.path(""))
            .output()
    };
    // Where there is a git, it agrees.
    if git(&["init", "--quiet"]).is_ok_and(|output| output.status.success()) {
        let status = git(&["status", "--porcelain"]).unwrap();
        let listed = String::from_utf8_lossy(&status.stdout).into_owned();
        assert!(!listed.contains(".pipetape"), "{listed}");
    }
}
