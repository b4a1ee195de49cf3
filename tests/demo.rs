//! `pipetape demo`: what it shows, what it leaves, and what it needs.

use std::fs;
use std::process::Command;

use crate::support::client::Call;
use crate::support::program;
use crate::support::sandbox::Sandbox;
use crate::support::scan::Secrets;
use crate::support::tape_file::{exchanges, operations, two_answers};

/// What the demo's jobs carry, and its account.
const SECRETS: [&str; 2] = ["FAKE-oauth-token-of-the-demo", "111122223333"];

/// The demo with nothing at all in its environment.
fn bare(sandbox: &Sandbox, args: &[&str]) -> Command {
    let mut command = sandbox.command(args);
    command.env_clear();
    command
}

/// What a demo shows, without what changes from run to run: times, and the salted part of placeholders.
fn steady(page: &str) -> String {
    let lines = page.lines().map(|line| match line.split_once(" ms  ") {
        Some((time, rest)) if time.trim_start().parse::<u32>().is_ok() => format!("N ms  {rest}\n"),
        // A column is as wide as its longest time.
        _ if line.trim_start().starts_with("TIME") => format!("{}\n", line.trim_start()),
        _ => format!("{line}\n"),
    });
    let secret_key = "REDACTED000000000000000000000000000";
    let forms = [
        ("99999", 7),
        ("REDACTED-", 5),
        ("ASIAREDACTED000", 5),
        (secret_key, 5),
    ];
    forms
        .into_iter()
        .fold(lines.collect(), |page, (form, salted)| {
            masked(&page, form, salted)
        })
}

/// Masks as many characters behind each `form`.
fn masked(page: &str, form: &str, count: usize) -> String {
    let mut parts = page.split(form);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(form);
        out.push_str(&"#".repeat(count));
        out.push_str(&part[count..]);
    }
    out
}

#[test]
fn it_shows_the_whole_way() {
    let sandbox = Sandbox::new();
    let ended = program::run(bare(&sandbox, &["demo"]));
    ended.assert(0, &[]);
    assert_eq!(ended.stderr, "", "{ended}");
    insta::assert_snapshot!(steady(&ended.stdout), @r#"
    what the job service saw while the worker was recorded

    job a9e21c62-94fa-41e8-a3bc-6f7439fa1a96: Deploy Demo 1

    TIME  WHAT                 NONCE  OUTCOME  JOB IS
    N ms  enqueued                             Created
    N ms  queued                               Queued
    N ms  PollForJobs          1      ok       Dispatched
    N ms  AcknowledgeJob       1      ok       InProgress
    N ms  GetJobDetails               ok       InProgress
    N ms  PutJobSuccessResult         ok       Succeeded

    job aae88206-decb-4641-8f3d-4fe66420db0c: Deploy Demo 1

    TIME  WHAT                 NONCE  OUTCOME                JOB IS
    N ms  enqueued                                           Created
    N ms  queued                                             Queued
    N ms  PollForJobs          2      ok                     Dispatched
    N ms  AcknowledgeJob       1      InvalidNonceException  Dispatched
    N ms  AcknowledgeJob       2      ok                     InProgress
    N ms  GetJobDetails               ok                     InProgress
    N ms  PutJobFailureResult         ok                     Failed

    what is on the tape

    SEQ  OPERATION            ANSWER                     BYTES  REDACTED
      1  PollForJobs          200                          910         7
      2  AcknowledgeJob       200                           23         -
      3  GetJobDetails        200                          902         7
      4  PutJobSuccessResult  200                            0         -
      5  PollForJobs          200                          904         7
      6  AcknowledgeJob       400 InvalidNonceException     81         -
      7  AcknowledgeJob       200                           23         -
      8  GetJobDetails        200                          896         7
      9  PutJobFailureResult  200                            0         -
     10  PollForJobs          200                           11         -

    redacted before anything was written, so that the tape can be shared

    MEMBER           ON THE TAPE                                       IN
    accountId        99999#######                                      1 3 5 8
    OAuthToken       REDACTED-#####                                    1 3 5 8
    accessKeyId      ASIAREDACTED000#####                              1 3
    secretAccessKey  REDACTED000000000000000000000000000#####          1 3
    sessionToken     REDACTED-#####                                    1 3
    bucketName       codepipeline-us-east-1-99999#######               1 3 5 8
    pipelineArn      arn:aws:codepipeline:us-east-1:99999#######:shop  1 3 5 8
    accessKeyId      ASIAREDACTED000#####                              5 8
    secretAccessKey  REDACTED000000000000000000000000000#####          5 8
    sessionToken     REDACTED-#####                                    5 8

    the same worker again, with the job service gone: the tape answers

    warning: session `default`: AcknowledgeJob (exchange 6) was sent for job
    "aae88206-decb-4641-8f3d-4fe66420db0c" with nonce "1", which no answer before
    had for it
    served 10, missed 0, unplayed 0, findings 1

    equal: every request got its answer from the tape, and nothing is left on it.
    The warning is about the wrong nonce, which the worker sends on purpose.

    tape  .pipetape/demo
    try   pipetape show demo
    then  pipetape record my-worker -- YOUR-WORKER
          pipetape replay my-worker -- YOUR-WORKER
    "#);
    for line in ended.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for secret in SECRETS {
        assert!(!ended.stdout.contains(secret), "{ended}");
    }
}

#[test]
fn it_leaves_a_tape_that_every_other_command_takes() {
    let sandbox = Sandbox::new();
    program::run(bare(&sandbox, &["demo"])).assert(0, &[]);
    let files = Secrets::new(&SECRETS).assert_absent_below(&sandbox.store());
    assert!(files > 0);
    assert!(
        sandbox
            .ok(&["show", "demo"])
            .contains("InvalidNonceException")
    );
    assert!(
        sandbox
            .ok(&["show", "demo", "6"])
            .contains("pipetape-demo/")
    );
    assert!(sandbox.ok(&["list"]).contains("finished"));

    let exported = sandbox.export("demo");
    let server = sandbox.replay("demo", &["--strict"]);
    for exchange in exchanges(&exported) {
        let operation = exchange["operation"].as_str().unwrap();
        let answer = Call::new(operation, exchange["request"]["body"].to_string());
        let answer = answer.send(server.address());
        assert_eq!(answer.status(), exchange["response"]["status"]);
        match exchange["response"].get("body") {
            Some(body) => assert_eq!(answer.json(), *body),
            None => assert_eq!(answer.text(), ""),
        }
    }
    server
        .stop_ok()
        .assert_said(&["served 10, missed 0, unplayed 0"]);
}

#[test]
fn it_can_be_shown_again() {
    let sandbox = Sandbox::new();
    let mut before = None;
    for _ in 0..2 {
        program::run(bare(&sandbox, &["demo"])).assert(0, &[]);
        let operations = operations(&sandbox.export("demo"));
        assert_eq!(operations.len(), 10);
        assert_eq!(
            before.get_or_insert_with(|| operations.clone()),
            &operations
        );
    }
}

#[test]
fn another_recording_is_not_replaced() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("mine.json", two_answers().text());
    sandbox.ok(&["import", &file, "--as", "demo"]);
    let mine = sandbox.export("demo");
    let ended = sandbox.run(&["demo"]);
    ended.assert(1, &["`demo` is not the demo's", "--store"]);
    assert_eq!(ended.stdout, "");
    assert_eq!(sandbox.export("demo"), mine);

    let ended = sandbox.run(&["demo", "--store", "other tapes"]);
    ended.assert(0, &[]);
    assert!(ended.stdout.contains("tape  other tapes/demo\n"), "{ended}");
    assert!(
        ended
            .stdout
            .contains("pipetape --store 'other tapes' show demo\n"),
        "{ended}"
    );
}

#[test]
fn no_surroundings_change_it() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["demo"]);
    command
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("AWS_ENDPOINT_URL_CODEPIPELINE", "http://127.0.0.1:1")
        .env("AWS_PROFILE", "no-such-profile");
    program::run(command).assert(0, &[]);
}

#[test]
fn a_store_that_cannot_be_written_is_said() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run(&["demo", "--store", "/dev/null/store"]);
    ended.assert(1, &["/dev/null/store"]);
    assert_eq!(ended.stdout, "");
    let server = sandbox.serve(&["record", "demo", "--upstream", "http://127.0.0.1:1"]);
    sandbox.run(&["demo"]).assert(1, &["in use"]);
    server.stop_ok();
}

/// Every address that it dials or listens on is one of loopback.
#[cfg(target_os = "linux")]
#[test]
fn it_needs_no_network() {
    let sandbox = Sandbox::new();
    let trace = sandbox.path("trace.log");
    let mut command =
        sandbox.command_of("strace".as_ref(), &["-f", "-q", "-e", "trace=connect,bind"]);
    command
        .args(["-e", "signal=none", "-o"])
        .arg(&trace)
        .args([program::PATH, "demo"]);
    program::run(command).assert(0, &[]);
    let trace = fs::read_to_string(trace).unwrap();
    let sockets: Vec<&str> = trace
        .lines()
        .filter(|line| line.contains("sa_family=AF_INET"))
        .collect();
    assert!(
        sockets.iter().any(|line| line.contains("connect(")),
        "{trace}"
    );
    for line in sockets {
        assert!(line.contains("inet_addr(\"127.0.0.1\")"), "{line}");
    }
}
