//! What is seen on a terminal while a server runs, what `--quiet` leaves of it, and what is written where there is none.

use std::path::Path;
use std::process::Command;

#[cfg(target_os = "linux")]
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::job_service::{
    ACCOUNT, ARTIFACT_KEY, ARTIFACT_SECRET, ARTIFACT_TOKEN, BUILD_JOB, JobService, OAUTH_TOKEN,
};
use crate::support::output::Ended;
use crate::support::program::{self, Running, Server};
use crate::support::sandbox::{Sandbox, with_free_port};
use crate::support::tape_file::{JOB, Tape, acknowledge};
use crate::support::terminal::seen;
use crate::support::worker::Worker;

/// What takes back a line.
const EMPTY_LINE: &str = "\r\u{1b}[K";

fn command(sandbox: &Sandbox, args: &[&str]) -> Command {
    let mut command = sandbox.command(&with_free_port(args));
    command.env("TERM", "xterm-256color");
    command
}

fn on_terminal(sandbox: &Sandbox, args: &[&str]) -> Server {
    Server::start_on_terminal(command(sandbox, args), 200)
}

/// The lines that begin with a time of day, without it.
fn live_lines(lines: &[String]) -> Vec<&str> {
    lines.iter().filter_map(|line| after_time(line)).collect()
}

fn after_time(line: &str) -> Option<&str> {
    let (time, rest) = line.split_at_checked(8)?;
    let is_time = time.bytes().enumerate().all(|(at, byte)| match at {
        2 | 5 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    rest.strip_prefix("  ").filter(|_| is_time)
}

/// The lines with columns taken for what they are: times and sizes vary.
fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[track_caller]
fn assert_no_secret(text: &str) {
    for secret in [
        ACCOUNT,
        ARTIFACT_KEY,
        ARTIFACT_SECRET,
        ARTIFACT_TOKEN,
        OAUTH_TOKEN,
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn a_recording_shows_a_line_for_each_exchange_and_counts_them() {
    let sandbox = Sandbox::new();
    let upstream = JobService::upstream();
    let url = upstream.url();
    let args = ["record", "t", "--upstream", &url, "--color", "never"];
    let server = on_terminal(&sandbox, &args);
    let address = server.url();
    Worker::new(&address).session();
    let ended = server.stop_ok();
    assert_eq!(ended.stdout, format!("listening on {address}\n"));
    assert_no_secret(&ended.stderr);
    assert!(ended.stderr.contains("12 recorded"), "{ended}");

    let lines = seen(&ended.stderr);
    let live = live_lines(&lines);
    assert_eq!(live.len(), 12, "{ended}");
    for (line, (operation, job, status)) in live.iter().zip([
        ("PollForJobs", "-", "200"),
        ("PollForJobs", "0f1e2d3c", "200"),
        ("AcknowledgeJob", "0f1e2d3c", "400"),
    ]) {
        assert_eq!(words(line)[..2], [operation, job], "{ended}");
        assert!(
            words(line).contains(&status) && line.contains(" ms "),
            "{ended}"
        );
    }
    assert!(live[0].contains(" 11 B  #1"), "{ended}");
    assert!(
        live[1].starts_with("PollForJobs          0f1e2d3c +1"),
        "{ended}"
    );
    // Two jobs, with five secrets or account ids each at least.
    let (_, redacted) = live[1].split_once("  redacted ").expect(live[1]);
    let (count, names) = redacted.split_once(": ").expect(redacted);
    assert!(count.parse::<u32>().unwrap() >= 10, "{ended}");
    for name in [
        "accessKeyId",
        "secretAccessKey",
        "sessionToken",
        "accountId",
    ] {
        assert!(names.contains(name), "{name}: {ended}");
    }
    // The counts are gone in the end, and nothing but the summary is behind the lines.
    let last = lines.last().unwrap();
    assert!(
        last.starts_with("recorded 12 exchanges on tape t"),
        "{ended}"
    );
    let without_counts = ended.stderr.replace(EMPTY_LINE, "");
    assert!(!without_counts.contains('\u{1b}'), "no colours: {ended}");
    assert!(
        !lines
            .iter()
            .any(|line| line.contains(" INFO ") && line.contains("operation="))
    );
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let tape = Tape::new("t").ok("AcknowledgeJob", acknowledge("1"), json!({}));
    let is_coloured = |name: &str, value: &str, more: &[&str]| {
        let sandbox = Sandbox::new();
        let file = sandbox.write("t.json", tape.text());
        let mut command = command(&sandbox, &[&["replay", &file], more].concat());
        command.env(name, value);
        let server = Server::start_on_terminal(command, 80);
        server.call("AcknowledgeJob", &acknowledge("1").to_string());
        let ended = server.stop_ok();
        assert!(ended.stderr.contains("AcknowledgeJob"), "{ended}");
        ended.stderr.contains("\u{1b}[32m200\u{1b}[0m")
    };
    assert!(is_coloured("LANG", "C", &[]));
    assert!(!is_coloured("NO_COLOR", "1", &[]));
    assert!(!is_coloured("LANG", "C", &["--color", "never"]));
    assert!(is_coloured("NO_COLOR", "1", &["--color", "always"]));
    assert!(!is_coloured("TERM", "dumb", &[]));
}

/// A replay of which one request is served, one served loosely and one missed.
fn replayed(server: Server) -> Ended {
    let failure = |message: &str| json!({ "jobId": JOB, "failureDetails": { "type": "JobFailed", "message": message } });
    let session = |operation: &str, body: &serde_json::Value| {
        server.call(operation, &body.to_string());
    };
    session("AcknowledgeJob", &acknowledge("1"));
    session("PutJobFailureResult", &failure("at 11:30"));
    session("AcknowledgeJob", &acknowledge("2"));
    server.stop()
}

fn replay_args(sandbox: &Sandbox) -> [String; 4] {
    let failure =
        json!({ "jobId": JOB, "failureDetails": { "type": "JobFailed", "message": "at 10:00" } });
    let tape = Tape::new("t")
        .ok("AcknowledgeJob", acknowledge("1"), json!({}))
        .ok("PutJobFailureResult", failure, json!({}));
    let file = sandbox.write("t.json", tape.text());
    [
        "replay".to_owned(),
        file,
        "--match".to_owned(),
        "identity".to_owned(),
    ]
}

#[test]
fn a_replay_shows_what_was_served_missed_and_loosened() {
    let sandbox = Sandbox::new();
    let args = replay_args(&sandbox);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ended = replayed(on_terminal(
        &sandbox,
        &[&args, &["--color", "never"][..]].concat(),
    ));
    ended.assert(4, &["served 2, missed 1, unplayed 0, loosened 1"]);
    assert!(
        ended.stderr.contains("2 served, 1 missed, 1 loosened"),
        "{ended}"
    );
    let lines = seen(&ended.stderr);
    let live = live_lines(&lines);
    assert_eq!(live.len(), 3, "{ended}");
    let short = &JOB[..8];
    for (line, operation, status, end) in [
        (live[0], "AcknowledgeJob", "200", "2 B  #1"),
        (live[1], "PutJobFailureResult", "200", "2 B  #2, loosened"),
        (live[2], "AcknowledgeJob", "400", "MISSED: never recorded"),
    ] {
        assert_eq!(words(line)[..3], [operation, short, status], "{ended}");
        assert!(line.ends_with(end), "{ended}");
    }
    // Why it missed is a warning of its own.
    assert!(
        lines
            .iter()
            .any(|line| line.contains("WARN") && line.contains("/nonce")),
        "{ended}"
    );
}

#[test]
fn quiet_leaves_trouble_and_the_summary() {
    for terminal in [true, false] {
        let sandbox = Sandbox::new();
        let args = replay_args(&sandbox);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let args = [
            &args,
            &["--quiet", "--log", "trace", "--color", "never"][..],
        ]
        .concat();
        let command = command(&sandbox, &args);
        let server = match terminal {
            true => Server::start_on_terminal(command, 80),
            false => Server::start(command),
        };
        let ended = replayed(server);
        ended.assert(4, &["served 2, missed 1, unplayed 0, loosened 1"]);
        let lines = seen(&ended.stderr);
        assert!(live_lines(&lines).is_empty(), "{ended}");
        assert_eq!(lines.len(), 2, "a warning, and the summary: {ended}");
        assert!(
            lines[0].contains("WARN") && lines[0].contains("a request missed"),
            "{ended}"
        );
        assert!(!ended.stderr.contains('\u{1b}'), "{ended}");
    }
}

#[test]
fn around_a_command_no_line_is_drawn_anew() {
    let sandbox = Sandbox::new();
    let tape = Tape::new("t").ok("AcknowledgeJob", acknowledge("1"), json!({}));
    let file = sandbox.write("t.json", tape.text());
    let script = format!(
        "echo before >&2; curl --silent --show-error \"$AWS_ENDPOINT_URL_CODEPIPELINE\" \
         -H 'X-Amz-Target: CodePipeline_20150709.AcknowledgeJob' \
         -H 'Content-Type: application/x-amz-json-1.1' -d '{}'; echo after >&2",
        acknowledge("1")
    );
    let args = [
        "replay", &file, "--color", "never", "--", "sh", "-c", &script,
    ];
    let ended = Running::spawn_on_terminal(command(&sandbox, &args), 200).wait();
    ended.assert(0, &[]);
    assert_eq!(ended.stdout, "{}");
    assert!(!ended.stderr.contains('\u{1b}'), "{ended}");
    let lines = seen(&ended.stderr);
    assert_eq!(lines.len(), 5, "{ended}");
    assert!(
        lines[0].starts_with("listening on http://127.0.0.1:"),
        "{ended}"
    );
    assert_eq!(
        (lines[1].as_str(), lines[3].as_str()),
        ("before", "after"),
        "{ended}"
    );
    assert!(
        after_time(&lines[2])
            .unwrap()
            .starts_with("AcknowledgeJob  "),
        "{ended}"
    );
    assert_eq!(lines[4], "served 1, missed 0, unplayed 0");
}

/// Where a shell has the terminal, a line that is drawn anew would go over what is typed there.
#[cfg(target_os = "linux")]
#[test]
fn in_the_background_no_line_is_drawn_anew() {
    let sandbox = Sandbox::new();
    let tape = Tape::new("t").ok("AcknowledgeJob", acknowledge("1"), json!({}));
    let file = sandbox.write("t.json", tape.text());
    // A shell with job control, on a terminal that is its session's own. It says whom to stop.
    let jobs = format!(
        "set -m; \"$0\" replay {file} --listen 127.0.0.1:0 --color never & echo pid $!; wait $!"
    );
    let script = "exec setsid --ctty --wait sh -c \"$1\" \"$0\" <&2";
    let args = ["-c", script, program::PATH, &jobs];
    let mut shell = sandbox.command_of(Path::new("/bin/sh"), &args);
    shell.env("TERM", "xterm-256color");
    let mut server = Server::start_on_terminal(shell, 200);
    server.call("AcknowledgeJob", &acknowledge("1").to_string());
    let pid = server.running().stdout().line_with("pid ").unwrap();
    let pid = Pid::from_raw(pid["pid ".len()..].parse().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let ended = server.wait();
    ended.assert(0, &["AcknowledgeJob", "served 1, missed 0, unplayed 0"]);
    assert!(!ended.stderr.contains('\u{1b}'), "{ended}");
}

#[test]
fn an_emulator_shows_its_calls_and_nothing_of_a_client_raw() {
    let sandbox = Sandbox::new();
    let args = [
        "emulate",
        "--fault",
        "AcknowledgeJob:reset",
        "--color",
        "never",
    ];
    let server = on_terminal(&sandbox, &args);
    let hostile = json!({ "jobId": "\u{1b}[2J\r\nhunter2hunter2", "nonce": "1" });
    server.call("GetJobDetails", &hostile.to_string());
    server.call("GetJobDetails", &json!({ "jobId": BUILD_JOB }).to_string());
    assert!(
        server
            .call("AcknowledgeJob", &acknowledge("1").to_string())
            .cut
    );
    let ended = server.stop_ok();
    let lines = seen(&ended.stderr);
    let live = live_lines(&lines);
    assert_eq!(
        words(live[0])[..3],
        ["GetJobDetails", "-", "400"],
        "{ended}"
    );
    assert_eq!(
        words(live[1])[..3],
        ["GetJobDetails", "0f1e2d3c", "400"],
        "{ended}"
    );
    assert_eq!(words(live[2])[0], "AcknowledgeJob", "{ended}");
    assert_eq!(words(live[2])[2], "reset", "{ended}");
    assert!(
        ended.stderr.contains("3 answered, 1 with a fault"),
        "{ended}"
    );
    assert!(
        !ended.stderr.replace(EMPTY_LINE, "").contains('\u{1b}'),
        "{ended}"
    );
    assert!(!ended.stderr.contains("hunter2"), "{ended}");
}

/// What a command prints to a terminal of 80 columns. (It is stderr that is one: the shell turns stdout to it.)
fn printed(sandbox: &Sandbox, args: &str) -> String {
    let script = format!("exec \"$0\" {args} >&2");
    let mut shell = sandbox.command_of(Path::new("/bin/sh"), &["-c", &script, program::PATH]);
    shell.env("TERM", "xterm-256color");
    let ended = Running::spawn_on_terminal(shell, 80).wait();
    assert_eq!(ended.code, Some(0), "{ended}");
    ended.stderr
}

#[test]
fn tapes_are_laid_out_for_the_terminal_and_not_for_a_pipe() {
    let sandbox = Sandbox::new();
    let upstream = JobService::upstream();
    let server = sandbox.record("t", &upstream.url(), &[]);
    Worker::new(&server.url()).session();
    server.stop_ok();
    let file = sandbox.write("t.tape.json", sandbox.export("t"));

    for (args, plain) in [
        ("list", vec!["list"]),
        ("show t", vec!["show", "t"]),
        (&format!("show {file}"), vec!["show", &file]),
    ] {
        let coloured = printed(&sandbox, args);
        assert!(coloured.contains("\u{1b}["), "{coloured}");
        let narrow = printed(&sandbox, &format!("{args} --color never"));
        assert!(!narrow.contains('\u{1b}'), "{narrow}");
        // A path is as long as it is.
        let lines = narrow.lines().filter(|line| !line.contains('/'));
        assert!(lines.clone().count() > 1, "{narrow}");
        assert!(
            lines.clone().all(|line| line.chars().count() <= 80),
            "{narrow}"
        );
        let piped = sandbox.ok(&plain);
        assert!(!piped.contains(['\u{1b}', '…']), "{piped}");
    }

    // Each job has its own part, in the order of what happened to it.
    let shown = sandbox.ok(&["show", "t"]);
    let parts: Vec<&str> = shown.split("\n\n").collect();
    let build = parts
        .iter()
        .find(|part| part.starts_with(&format!("job {BUILD_JOB}: succeeded")));
    let build = build.unwrap_or_else(|| panic!("{shown}"));
    let mut from = 0;
    for step in [
        "handed out",
        "InvalidNonceException",
        "InProgress",
        "GetJobDetails",
        "succeeded",
        "InvalidJobStateException",
    ] {
        let behind_heading = build.find('\n').unwrap();
        let at = build[from.max(behind_heading)..].find(step);
        from = from.max(behind_heading) + at.unwrap_or_else(|| panic!("{step}: {shown}"));
    }
    assert!(shown.contains("\n\nno job\n"), "{shown}");
}

#[test]
fn without_a_terminal_lines_are_plain() {
    let sandbox = Sandbox::new();
    let upstream = JobService::upstream();
    let server = sandbox.record("t", &upstream.url(), &[]);
    Worker::new(&server.url()).session();
    let ended = server.stop_ok();
    assert_no_secret(&ended.stderr);
    assert!(!ended.stderr.contains(['\u{1b}', '\r']), "{ended}");
    let logged: Vec<&str> = ended
        .stderr
        .lines()
        .filter(|line| line.contains(" INFO ") && line.contains(": recorded operation="))
        .collect();
    assert_eq!(logged.len(), 12, "{ended}");
    for piece in [
        "operation=PollForJobs",
        "job=\"0f1e2d3c +1\"",
        "status=200",
        "latency_ms=",
        "bytes=",
        "redacted=",
        "seq=2",
    ] {
        assert!(logged[1].contains(piece), "{piece}: {ended}");
    }
    assert!(!logged[1].contains("redacted_names="), "{ended}");
    // A replay logs no line for each, unless it is asked to.
    let args = replay_args(&sandbox);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ended = replayed(sandbox.serve(&args));
    assert!(!ended.stderr.contains(": served"), "{ended}");
    let ended = replayed(sandbox.serve(&[&args, &["--log", "debug"][..]].concat()));
    assert_eq!(
        ended.stderr.matches(": served operation=").count(),
        2,
        "{ended}"
    );
}
