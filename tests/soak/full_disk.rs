//! A full disk: clients are served all the same, and everything says that the tape is incomplete.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::answer::Answer;
use crate::support::program::{self, Server};
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, exchanges};
use crate::support::upstream::{Step, Upstream};

/// A file system of a few megabytes, in memory. Dropped, it is gone.
struct SmallDisk {
    directory: PathBuf,
}

impl SmallDisk {
    /// `None`, said loudly, where mounting is not permitted.
    fn mount(sandbox: &Sandbox) -> Option<Self> {
        let directory = sandbox.path("disk");
        std::fs::create_dir(&directory).unwrap();
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=6m", "pipetape-test"])
            .arg(&directory)
            .output();
        match output {
            Ok(output) if output.status.success() => Some(Self { directory }),
            why => {
                // Past the test's captured output: a skipped test must not look like one that ran.
                let _ = writeln!(
                    std::io::stderr(),
                    "SKIPPED: a full disk can't be tested, mounting is not permitted: {why:?}"
                );
                None
            }
        }
    }

    /// Where a store on it lies.
    fn store(&self) -> String {
        let store = self.directory.join("store");
        store.into_os_string().into_string().unwrap()
    }

    /// Makes room.
    fn grow(&self) {
        let grown = Command::new("mount")
            .args(["-o", "remount,size=64m"])
            .arg(&self.directory)
            .status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazy: whoever is killed last may still hold a file.
        let _ = Command::new("umount")
            .arg("-l")
            .arg(&self.directory)
            .status();
    }
}

fn upstream() -> Upstream {
    Upstream::start(|request, _| {
        let nonce = request.json()["nonce"].as_str().unwrap().to_owned();
        Step::Answer(Answer::ok(format!(
            r#"{{"status":"{nonce}","padding":"{}"}}"#,
            "x".repeat(60_000)
        )))
    })
}

/// Calls until an answer says that it was not recorded, and some more; returns the nonces that were.
fn fill(server: &Server) -> BTreeSet<String> {
    let mut recorded = BTreeSet::new();
    let mut unrecorded = 0;
    for number in 0..2000 {
        let nonce = number.to_string();
        let answer = server.call("AcknowledgeJob", &acknowledge(&nonce).to_string());
        assert_eq!(
            answer.status(),
            200,
            "clients are served: {}",
            answer.text()
        );
        assert_eq!(answer.json()["status"], nonce);
        match answer.header("x-pipetape-recorded").as_deref() {
            None => {
                assert_eq!(unrecorded, 0, "recorded again behind a loss");
                recorded.insert(nonce);
            }
            Some("no") => unrecorded += 1,
            Some(other) => panic!("x-pipetape-recorded: {other}"),
        }
        if unrecorded == 5 {
            return recorded;
        }
    }
    panic!("never full");
}

/// The tape opens and has every exchange whose client was not told otherwise.
fn assert_kept(exported: &str, recorded: &BTreeSet<String>) {
    let kept: BTreeSet<String> = exchanges(exported)
        .iter()
        .map(|exchange| {
            let nonce = exchange["request"]["body"]["nonce"].as_str().unwrap();
            assert_eq!(exchange["response"]["body"]["status"], nonce);
            nonce.to_owned()
        })
        .collect();
    let lost: Vec<_> = recorded.difference(&kept).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(!recorded.is_empty());
}

#[test]
fn clients_are_served_and_told_and_the_tape_is_readable() {
    let sandbox = Sandbox::new();
    let Some(disk) = SmallDisk::mount(&sandbox) else {
        return;
    };
    let store = &disk.store();
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &["--store", store]);
    let recorded = fill(&server);
    let ended = server.stop();
    ended.assert(1, &["error", "5 unrecorded"]);
    assert_eq!(ended.stdout.lines().count(), 1, "{ended}");

    // As it is, on a disk that is still full, or at least once there is room.
    let ended = sandbox.run(&["--store", store, "export", "t"]);
    if ended.code == Some(0) {
        assert_kept(&ended.stdout, &recorded);
    } else {
        ended.assert(1, &["t"]);
    }
    disk.grow();
    let exported = sandbox.ok(&["--store", store, "export", "t"]);
    assert_kept(&exported, &recorded);
    let server = sandbox.record(
        "t",
        &upstream.url(),
        &["--store", store, "--mode", "append"],
    );
    let answer = server.call("AcknowledgeJob", &acknowledge("last").to_string());
    assert_eq!(answer.header("x-pipetape-recorded"), None);
    server.stop_ok();
    let exported = sandbox.ok(&["--store", store, "export", "t"]);
    assert_kept(&exported, &recorded);
}

/// What is recorded moves when the recording ends, and needs room for that.
#[test]
fn no_room_to_end_in_leaves_the_tape_unfinished_and_whole() {
    let sandbox = Sandbox::new();
    let Some(disk) = SmallDisk::mount(&sandbox) else {
        return;
    };
    let store = &disk.store();
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &["--store", store]);
    let recorded: BTreeSet<String> = (0..50).map(|number| number.to_string()).collect();
    for nonce in &recorded {
        let answer = server.call("AcknowledgeJob", &acknowledge(nonce).to_string());
        assert_eq!(answer.header("x-pipetape-recorded"), None);
    }
    let message = "error: tape `t` could not be closed; all that was recorded is kept";
    server.stop().assert(1, &[message, "--mode append"]);
    disk.grow();
    let listed = sandbox.ok(&["--store", store, "list"]);
    assert!(listed.contains("unfinished"), "{listed}");
    assert_kept(&sandbox.ok(&["--store", store, "export", "t"]), &recorded);
    let append = ["--store", store, "--mode", "append"];
    sandbox.record("t", &upstream.url(), &append).stop_ok();
    assert_kept(&sandbox.ok(&["--store", store, "export", "t"]), &recorded);
}

#[test]
fn a_limit_on_file_sizes_is_a_full_disk_too() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let mut command = sandbox.command_of(Path::new("sh"), &["-c"]);
    // In blocks of 512 or 1024 bytes, as the shell likes: a few megabytes. The signal that comes with the limit is ignored.
    command.args(["trap '' XFSZ; ulimit -f 6000; exec \"$@\"", "sh"]);
    command.arg(program::path());
    command.args([
        "record",
        "t",
        "--upstream",
        &upstream.url(),
        "--listen",
        "127.0.0.1:0",
    ]);
    let server = Server::start(command);
    let recorded = fill(&server);
    server.stop().assert(1, &["error", "5 unrecorded"]);
    assert_kept(&sandbox.export("t"), &recorded);
}

#[test]
fn no_room_at_all_is_said_before_listening() {
    let sandbox = Sandbox::new();
    let Some(disk) = SmallDisk::mount(&sandbox) else {
        return;
    };
    // Whatever is left is taken.
    let filler = Command::new("sh")
        .args(["-c", "cat /dev/zero >filler 2>/dev/null; true"])
        .current_dir(&disk.directory)
        .status();
    assert!(filler.unwrap().success());
    let store = &disk.store();
    let ended = sandbox.run(&["--store", store, "record", "t", "--listen", "127.0.0.1:0"]);
    ended.assert(1, &["error"]);
    assert!(ended.stdout.is_empty(), "{ended}");
}
