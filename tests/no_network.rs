//! A replay never dials: its system calls, watched by strace.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use pipetape_testkit::PATIENCE;

use crate::support::answer::Answer;
use crate::support::program::{self, Server};
use crate::support::proxied::HOST;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{JOB, acknowledge, two_answers};
use crate::support::upstream::{Step, Upstream};
use crate::support::worker::Worker;

const TRACE: &str = "trace.log";

/// The program under strace, which follows threads and children. With `-D` the tracer is the grandchild: signals,
/// exit code and pipes are the program's own.
fn traced(sandbox: &Sandbox, args: &[&str]) -> Command {
    let mut command = sandbox.command_of(Path::new("strace"), &[]);
    command
        .args([
            "-D",
            "-f",
            "-q",
            "-e",
            "trace=connect,sendto,sendmsg,execve",
            "-e",
            "signal=none",
            "-o",
        ])
        .arg(sandbox.path(TRACE))
        .arg(program::PATH)
        .args(args);
    command
}

/// The trace, once the tracer has written the end of the traced process.
fn trace(sandbox: &Sandbox) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = fs::read_to_string(sandbox.path(TRACE)).unwrap_or_default();
        let first = text.split_whitespace().next().unwrap_or("none");
        // Process ids stand in a column as wide as the usual ones: what is between the words does not count.
        let ends = |line: &str| {
            let mut words = line.split_whitespace();
            words.next() == Some(first)
                && words.next() == Some("+++")
                && words.next() == Some("exited")
        };
        if text
            .lines()
            .any(|line| ends(line) || line.starts_with("+++ exited"))
        {
            return text;
        }
        assert!(Instant::now() < deadline, "the trace does not end:\n{text}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn connects(trace: &str) -> Vec<&str> {
    trace
        .lines()
        .filter(|line| line.contains("connect("))
        .collect()
}

/// Somebody connects, and it is not the first program of the trace.
#[track_caller]
fn only_commands_connect(trace: &str) {
    let pid = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    // Processes that became another program: the shell and what it runs, and their threads by the program's name.
    let others: BTreeSet<String> = trace
        .lines()
        .filter(|line| line.contains("execve(") && !line.contains("/pipetape\""))
        .map(pid)
        .collect();
    assert!(!others.is_empty(), "{trace}");
    let first = pid(trace.lines().next().unwrap());
    assert!(!others.contains(&first), "{trace}");
    let found = connects(trace);
    assert!(!found.is_empty(), "the trace sees connects:\n{trace}");
    for line in found {
        assert!(
            others.contains(&pid(line)),
            "pipetape connects: {line}\n{trace}"
        );
    }
}

#[test]
fn a_replay_never_calls_connect() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("two.json", two_answers().text());
    sandbox.ok(&["import", &file]);
    for source in [&file, "two"] {
        let mut command = traced(
            &sandbox,
            &[
                "replay",
                source,
                "--listen",
                "127.0.0.1:0",
                "--log",
                "debug",
            ],
        );
        // All that could lead out: a region, a profile, a proxy, an endpoint, and a metadata service that is not forbidden.
        command
            .env_remove("AWS_EC2_METADATA_DISABLED")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_PROFILE", "none")
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
        let server = Server::start(command);
        let worker = Worker::new(&server.url());
        worker.acknowledge(JOB, "1");
        worker.acknowledge(JOB, "1");
        worker.acknowledge(JOB, "a miss");
        worker.details(JOB);
        server.call("AcknowledgeJob", "not JSON");
        for route in ["health", "exchanges", "misses", "unplayed"] {
            server.admin(route);
        }
        server.stop().assert(4, &[]);
        let trace = trace(&sandbox);
        assert!(trace.contains("execve("), "the trace works:\n{trace}");
        assert!(connects(&trace).is_empty(), "{trace}");
        // No name was looked up past a resolver's socket either: answers go out on accepted connections alone.
        assert!(!trace.contains("sin_port=htons(53)"), "{trace}");
    }
}

#[test]
fn around_a_command_only_the_command_connects() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("two.json", two_answers().text());
    let script = format!(
        "curl --silent --max-time 20 \"$AWS_ENDPOINT_URL_CODEPIPELINE\" \
         -H 'X-Amz-Target: CodePipeline_20150709.AcknowledgeJob' -d '{}'",
        acknowledge("1")
    );
    let ended = program::run(traced(
        &sandbox,
        &["replay", &file, "--", "sh", "-c", &script],
    ));
    ended.assert(0, &[]);
    assert_eq!(ended.stdout, r#"{"status":"InProgress"}"#);
    let trace = trace(&sandbox);
    only_commands_connect(&trace);
}

/// It plays the hosts themselves, to a command that knows no other: the command connects, to it.
#[test]
fn a_replay_that_intercepts_never_calls_connect() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("two.json", two_answers().text());
    let script = format!(
        "curl --silent --show-error --max-time 20 https://{HOST}/ \
         -H 'X-Amz-Target: CodePipeline_20150709.AcknowledgeJob' -d '{}'; \
         curl --silent --max-time 20 https://sts.amazonaws.com/ && exit 9; exit 0",
        acknowledge("1")
    );
    let ended = program::run(traced(
        &sandbox,
        &["replay", &file, "--intercept", "--", "sh", "-c", &script],
    ));
    ended.assert(0, &["sts.amazonaws.com:443 is not a host of CodePipeline"]);
    assert_eq!(ended.stdout, r#"{"status":"InProgress"}"#);
    let trace = trace(&sandbox);
    only_commands_connect(&trace);
    assert!(!trace.contains("sin_port=htons(53)"), "{trace}");
}

#[test]
fn a_recorder_does_call_connect() {
    // The counterpart: what the trace shows where somebody dials.
    let sandbox = Sandbox::new();
    let upstream = Upstream::always(Step::Answer(Answer::ok("{}")));
    let args = [
        "record",
        "t",
        "--upstream",
        &upstream.url(),
        "--listen",
        "127.0.0.1:0",
    ];
    let server = Server::start(traced(&sandbox, &args));
    assert_eq!(server.call("AcknowledgeJob", "{}").status(), 200);
    server.stop_ok();
    let trace = trace(&sandbox);
    let port = format!("htons({})", upstream.address().port());
    assert!(
        connects(&trace).iter().any(|line| line.contains(&port)),
        "{trace}"
    );
}
