//! What people and programs see, as it was at commit f38b166: helps, exports, admin answers, reports, and what a run
//! prints. A change of words changes the snapshot in its own commit; anything else that differs is a fault.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::client::{Call, exchange};
use crate::support::job_service::JobService;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{JOB, Tape, acknowledge};
use crate::support::worker::Worker;

/// Each command, and each command of a command.
const COMMANDS: [&str; 14] = [
    "", "record", "replay", "emulate", "demo", "list", "show", "export", "import", "delete", "ca",
    "ca path", "ca show", "ca renew",
];

/// A store of layout 2, written by f38b166: `closed` was recorded to its end, `killed` was not.
const STORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/stores/layout-2");

fn golden(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// The text without what differs from run to run, where the server listens and when a line was logged, and without the
/// module that logged it.
fn steady(text: &str, server: &str) -> String {
    let address = server.trim_start_matches("http://");
    let steady_line = |line: &str| {
        let logged = line.split_once("Z ").filter(|_| line.starts_with("20"));
        let Some((_, rest)) = logged else {
            return format!("{line}\n");
        };
        let (target, message) = rest.split_once(": ").expect("a target and a message");
        let crate_alone = target.split("::").next().unwrap_or_default();
        format!("TIME {crate_alone}: {message}\n")
    };
    text.replace(address, "ADDRESS")
        .lines()
        .map(steady_line)
        .collect()
}

/// The values of members that differ from run to run.
fn without(mut value: Value, members: &[&str]) -> Value {
    match &mut value {
        Value::Object(object) => {
            for (name, member) in object.iter_mut() {
                *member = if members.contains(&name.as_str()) {
                    json!("VARIES")
                } else {
                    without(member.take(), members)
                };
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without(item.take(), members);
            }
        }
        _ => {}
    }
    value
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

#[test]
fn helps() {
    let sandbox = Sandbox::new();
    for command in COMMANDS {
        let mut args: Vec<&str> = command.split_whitespace().collect();
        args.push("--help");
        let name = format!("help {command}").trim_end().replace(' ', "-");
        golden(&name, &sandbox.ok(&args));
    }
}

#[test]
fn exports_of_the_samples() {
    for sample in ["acknowledge-job", "artifacts", "job-worker"] {
        let sandbox = Sandbox::new();
        let file = format!(
            "{}/../../recordings/{sample}.tape.json",
            env!("CARGO_MANIFEST_DIR")
        );
        sandbox.ok(&["import", &file]);
        assert_eq!(
            sandbox.export(sample),
            fs::read_to_string(&file).unwrap(),
            "{sample}: the file is the golden"
        );
        golden(&format!("show-{sample}"), &sandbox.ok(&["show", sample]));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

#[test]
fn exports_of_a_store_of_layout_2() {
    let sandbox = Sandbox::new();
    copy(Path::new(STORE), &sandbox.store());
    for tape in ["closed", "killed"] {
        golden(&format!("export-layout-2-{tape}"), &sandbox.export(tape));
    }
    golden("list-layout-2", &sandbox.ok(&["list", "--json"]));
}

/// What a run has to show: a hand-out, a wrong nonce, a fault, two answers to one request, an exchange for later.
fn tape() -> Tape {
    let job = json!({ "jobId": JOB });
    let polled = json!({ "jobs": [{ "id": JOB, "nonce": "1" }] });
    let refused = |code: &str| json!({ "__type": code, "message": "no" });
    let failure =
        json!({ "jobId": JOB, "failureDetails": { "type": "JobFailed", "message": "1" } });
    Tape::new("golden")
        .ok("PollForJobs", json!({}), polled)
        .exchange(
            "AcknowledgeJob",
            acknowledge("7"),
            400,
            refused("InvalidNonceException"),
        )
        .ok(
            "AcknowledgeJob",
            acknowledge("1"),
            json!({ "status": "InProgress" }),
        )
        .fault("GetJobDetails", job.clone(), "reset")
        .ok("GetJobDetails", job.clone(), json!({ "jobDetails": {} }))
        .ok("PutJobSuccessResult", job.clone(), json!({}))
        .exchange(
            "PutJobSuccessResult",
            job,
            400,
            refused("InvalidJobStateException"),
        )
        .ok("PutJobFailureResult", failure, json!({}))
        .ok("ListActionTypes", json!({}), json!({ "actionTypes": [] }))
}

/// A worker that does nearly everything wrong, in two sessions.
fn work(server: &Server) {
    let call = |session: &str, operation: &str, body: Value| {
        let call = Call::new(operation, body.to_string()).path(&format!("/session/{session}/"));
        // One answer is a cut connection.
        let _ = exchange(server.address(), &call.bytes(server.address()));
    };
    let job = || json!({ "jobId": JOB });
    let failure =
        json!({ "jobId": JOB, "failureDetails": { "type": "JobFailed", "message": "2" } });
    call("a", "PollForJobs", json!({}));
    call("a", "AcknowledgeJob", acknowledge("7"));
    call("a", "AcknowledgeJob", acknowledge("1"));
    call("a", "GetJobDetails", job());
    call("a", "GetJobDetails", job());
    call("a", "PutJobSuccessResult", job());
    call("a", "PutJobSuccessResult", job());
    call("b", "PutJobFailureResult", failure);
    call("b", "AcknowledgeJob", acknowledge("\u{1b}[31m2\u{202e}"));
    call(
        "b",
        "GetThirdPartyJobDetails",
        json!({ "jobId": JOB, "clientToken": "planted-5f2c" }),
    );
    call("b", "Nonsense", json!({}));
    call("a", "PutJobSuccessResult", job());
}

#[test]
fn a_replay_tells_what_it_did() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("golden.tape.json", tape().text());
    for report in ["report.json", "report.xml"] {
        let path = sandbox.arg(report);
        let args = ["--match", "identity", "--strict", "--report", &path];
        let server = sandbox.replay(&file, &args);
        let url = server.url();
        work(&server);
        if report == "report.json" {
            for route in ["health", "exchanges", "misses", "unplayed", "findings"] {
                let answer = without(server.admin(route), &["at", "time"]);
                golden(&format!("replay-admin-{route}"), &pretty(&answer));
            }
            let metrics = Call::plain("GET", "/_pipetape/metrics").send(server.address());
            golden("replay-admin-metrics", &metrics.text());
        }
        let ended = server.stop();
        assert_eq!(ended.code, Some(4), "{ended}");
        if report == "report.json" {
            golden("replay-stderr", &steady(&ended.stderr, &url));
        }
        golden(
            &format!("replay-{report}"),
            &fs::read_to_string(sandbox.path(report)).unwrap(),
        );
    }
}

#[test]
fn an_emulator_tells_what_it_did() {
    let sandbox = Sandbox::new();
    let jobs = json!({ "jobs": [{ "id": JOB }, { "id": "99999999-2222-4333-8444-555555555555" }] });
    let file = sandbox.write("jobs.json", jobs.to_string());
    let rule = "PutJobSuccessResult:throttle:count=1";
    let server = sandbox.serve(&["emulate", "--jobs", &file, "--seed", "7", "--fault", rule]);
    let url = server.url();
    server.call("AcknowledgeJob", &acknowledge("1").to_string());
    server.call("PutJobSuccessResult", &json!({ "jobId": JOB }).to_string());
    server.call("GetJobDetails", &json!({ "jobId": JOB }).to_string());
    let varies = ["at", "time", "hiddenUntil", "requestId"];
    for route in ["health", "jobs", &format!("jobs/{JOB}")] {
        let answer = without(server.admin(route), &varies);
        let name = format!("emulate-admin-{route}")
            .replace(JOB, "one")
            .replace('/', "-");
        golden(&name, &pretty(&answer));
    }
    let ended = server.stop_ok();
    golden("emulate-stderr", &steady(&ended.stderr, &url));
}

#[test]
fn a_recording_tells_what_it_did() {
    let sandbox = Sandbox::new();
    let upstream = JobService::upstream();
    let server = sandbox.record("t", &upstream.url(), &[]);
    let url = server.url();
    Worker::new(&url).session();
    golden("record-admin-health", &pretty(&server.admin("health")));
    let ended = server.stop_ok();
    let summary = ended.stderr.lines().last().unwrap_or_default();
    golden("record-summary", &steady(summary, &url));
}
