//! `pipetape emulate`: a job service that the real SDK can't tell from AWS's, and its admin routes.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::client::Call;
use crate::support::job_service::{BUILD_JOB, TEST_JOB, UNKNOWN_JOB};
use crate::support::keys::{ACCESS_KEY, CLIENT_ACCESS_KEY, CLIENT_SECRET_KEY, SECRET_KEY};
use crate::support::message::Message;
use crate::support::output::Ended;
use crate::support::program::{self, Server};
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::operations;
use crate::support::worker::{Seen, Worker};

/// A job that [`Worker`] polls for.
fn job(id: &str) -> Value {
    json!({
        "id": id,
        "actionTypeId": { "category": "Build", "owner": "Custom", "provider": "Forge", "version": "1" },
        "configuration": { "ProjectName": "forge" }
    })
}

/// An emulator with the two jobs of a worker's session.
fn emulator(sandbox: &Sandbox, more: &[&str]) -> Server {
    let jobs = json!({ "jobs": [job(BUILD_JOB), job(TEST_JOB)] });
    let file = sandbox.write("jobs.json", jobs.to_string());
    sandbox.serve(&[&["emulate", "--jobs", &file], more].concat())
}

/// A file of these keys.
fn keys(sandbox: &Sandbox, id: &str, secret: &str) -> String {
    let keys = json!([{ "accessKeyId": id, "secretAccessKey": secret }]);
    sandbox.write("keys.json", keys.to_string())
}

fn post(server: &Server, route: &str, body: &Value) -> Message {
    let call = Call::new("None", body.to_string()).path(&format!("/_pipetape/{route}"));
    call.send(server.address())
}

fn post_ok(server: &Server, route: &str, body: &Value) -> Value {
    let answer = post(server, route, body);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.json()
}

/// A raw poll for the jobs of [`job`].
fn poll(server: &Server) -> Vec<Value> {
    let action = &job(BUILD_JOB)["actionTypeId"];
    let body = json!({ "actionTypeId": action, "maxBatchSize": 10 });
    let answer = server.call("PollForJobs", &body.to_string());
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.json()["jobs"].as_array().unwrap().clone()
}

fn acknowledge(server: &Server, id: &str, nonce: &str) -> Value {
    let body = json!({ "jobId": id, "nonce": nonce });
    server.call("AcknowledgeJob", &body.to_string()).json()
}

fn status(server: &Server, id: &str) -> String {
    let job = server.admin(&format!("jobs/{id}"));
    job["status"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_tells(seen: &Seen, pieces: &[&str]) {
    for piece in pieces {
        assert!(seen.contains(piece), "no `{piece}` in {seen}");
    }
}

/// A worker's day: two jobs, a wrong nonce, a second acknowledge, a success, a failure, a report too late.
fn session(worker: &Worker) -> Vec<Seen> {
    vec![
        worker.poll(),
        worker.acknowledge(BUILD_JOB, "2"),
        worker.acknowledge(BUILD_JOB, "1"),
        worker.acknowledge(BUILD_JOB, "1"),
        worker.details(BUILD_JOB),
        worker.details(UNKNOWN_JOB),
        worker.succeed(BUILD_JOB),
        worker.acknowledge(TEST_JOB, "2"),
        worker.fail(TEST_JOB),
        worker.succeed(TEST_JOB),
        worker.poll(),
    ]
}

#[track_caller]
fn assert_is_a_session(seen: &[Seen]) {
    assert_tells(
        &seen[0],
        &[BUILD_JOB, TEST_JOB, "nonce: Some(", "\"1\"", "\"2\""],
    );
    assert_tells(&seen[1], &["InvalidNonceException"]);
    assert_tells(&seen[2], &["InProgress"]);
    assert_tells(&seen[3], &["InvalidNonceException"]);
    assert_tells(&seen[4], &[BUILD_JOB, "ProjectName", "example-pipeline"]);
    assert_tells(&seen[5], &["JobNotFoundException"]);
    assert_tells(&seen[6], &["PutJobSuccessResultOutput"]);
    assert_tells(&seen[7], &["InProgress"]);
    assert_tells(&seen[8], &["PutJobFailureResultOutput"]);
    assert_tells(&seen[9], &["InvalidJobStateException"]);
    assert!(
        !seen[10].contains(BUILD_JOB) && !seen[10].contains(TEST_JOB),
        "{}",
        seen[10]
    );
}

#[test]
fn a_whole_session_of_the_sdk() {
    let sandbox = Sandbox::new();
    let server = emulator(&sandbox, &[]);
    assert_is_a_session(&session(&Worker::new(&server.url())));

    let listed = server.admin("jobs");
    let statuses: Vec<_> = listed["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| (&job["id"], &job["status"]))
        .collect();
    assert_eq!(
        statuses,
        [
            (&json!(BUILD_JOB), &json!("Succeeded")),
            (&json!(TEST_JOB), &json!("Failed"))
        ]
    );
    let job = server.admin(&format!("jobs/{BUILD_JOB}"));
    assert_eq!(
        (&job["id"], &job["status"]),
        (&json!(BUILD_JOB), &json!("Succeeded"))
    );
    let history = job["history"].as_array().unwrap();
    let calls: Vec<(&str, &str)> = history
        .iter()
        .filter_map(|entry| Some((entry["operation"].as_str()?, entry["outcome"].as_str()?)))
        .collect();
    assert_eq!(
        calls,
        [
            ("PollForJobs", "ok"),
            ("AcknowledgeJob", "InvalidNonceException"),
            ("AcknowledgeJob", "ok"),
            ("AcknowledgeJob", "InvalidNonceException"),
            ("GetJobDetails", "ok"),
            ("PutJobSuccessResult", "ok"),
        ]
    );
    for entry in history
        .iter()
        .filter(|entry| entry.get("operation").is_some())
    {
        assert_eq!(entry["accessKeyId"], CLIENT_ACCESS_KEY);
        assert!(
            entry["userAgent"]
                .as_str()
                .unwrap()
                .contains("aws-sdk-rust")
        );
    }

    let ended = server.stop_ok();
    assert_eq!(ended.stdout.lines().count(), 1, "{ended}");
    ended.assert_said(&["2 jobs (1 Succeeded, 1 Failed), 11 calls, 0 faults injected"]);
}

#[test]
fn answers_have_the_services_headers() {
    let sandbox = Sandbox::new();
    let server = emulator(&sandbox, &[]);
    let answer = server.call("AcknowledgeJob", "{}");
    assert_eq!(answer.status(), 400);
    assert_eq!(
        answer.header("content-type").unwrap(),
        "application/x-amz-json-1.1"
    );
    assert!(answer.header("x-amzn-requestid").is_some());
    assert!(
        answer.header("date").is_some(),
        "a live service says what time it is"
    );
    assert_eq!(answer.json()["__type"], "ValidationException");
    server.stop_ok();
}

#[test]
fn jobs_can_be_made_while_it_runs() {
    let sandbox = Sandbox::new();
    let server = sandbox.serve(&["emulate"]);
    assert_eq!(server.admin("jobs"), json!({ "jobs": [] }));
    assert_eq!(
        post_ok(&server, "jobs", &job(BUILD_JOB)),
        json!({ "jobs": [{ "id": BUILD_JOB }] })
    );
    let made = post_ok(&server, "jobs", &json!([job(TEST_JOB), {}]));
    let made = made["jobs"].as_array().unwrap();
    assert_eq!((made.len(), &made[0]["id"]), (2, &json!(TEST_JOB)));
    let ids: Vec<Value> = poll(&server).iter().map(|job| job["id"].clone()).collect();
    assert_eq!(ids, [BUILD_JOB, TEST_JOB]);

    let taken = post(&server, "jobs", &job(BUILD_JOB));
    assert_eq!(taken.status(), 409, "{}", taken.text());
    let wrong = post(&server, "jobs", &json!({ "colour": 1 }));
    assert_eq!(wrong.status(), 400);
    assert!(wrong.text().contains("`colour`"), "{}", wrong.text());
    let unknown = Call::plain("GET", &format!("/_pipetape/jobs/{UNKNOWN_JOB}"));
    assert_eq!(unknown.send(server.address()).status(), 404);
    assert_eq!(server.admin("health")["jobs"], 3);
    server.stop_ok().assert_said(&["3 jobs"]);
}

#[test]
fn nobody_waits_for_time_to_pass() {
    let sandbox = Sandbox::new();
    let times = [
        "--visibility",
        "5s",
        "--job-timeout",
        "1m",
        "--continuation-delay",
        "10s",
    ];
    let server = emulator(&sandbox, &times);
    let advance = |time: &str| post_ok(&server, "clock", &json!({ "advance": time }));

    assert_eq!(poll(&server).len(), 2);
    assert!(poll(&server).is_empty(), "hidden");
    advance("4s");
    assert!(poll(&server).is_empty(), "still hidden");
    advance("2s");
    let again = poll(&server);
    assert_eq!(
        (&again[0]["id"], &again[0]["nonce"]),
        (&json!(BUILD_JOB), &json!("3"))
    );
    assert_eq!(
        acknowledge(&server, BUILD_JOB, "1")["__type"],
        "InvalidNonceException"
    );
    assert_eq!(acknowledge(&server, BUILD_JOB, "3")["status"], "InProgress");
    advance("59s");
    assert_eq!(status(&server, BUILD_JOB), "InProgress");

    let done = json!({ "jobId": BUILD_JOB, "continuationToken": "on" });
    let done = server.call("PutJobSuccessResult", &done.to_string());
    assert_eq!(done.status(), 200, "{}", done.text());
    let next = server.admin(&format!("jobs/{BUILD_JOB}"))["continuedBy"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(status(&server, &next), "Created");
    advance("10s");
    assert_eq!(status(&server, &next), "Queued");
    let handed = poll(&server);
    let handed = handed.iter().find(|job| job["id"] == json!(next)).unwrap();
    assert_eq!(
        acknowledge(&server, &next, handed["nonce"].as_str().unwrap())["status"],
        "InProgress"
    );
    advance("61s");
    assert_eq!(status(&server, &next), "TimedOut");
    server.stop_ok();
}

#[test]
fn calls_go_wrong_on_demand() {
    let sandbox = Sandbox::new();
    let faults = [
        "--fault",
        "AcknowledgeJob:throttle:count=2",
        "--fault",
        "GetJobDetails:503:count=1",
    ];
    let server = emulator(&sandbox, &faults);
    assert_eq!(poll(&server).len(), 2);
    assert_eq!(
        acknowledge(&server, BUILD_JOB, "1")["__type"],
        "ThrottlingException"
    );
    // The SDK tries again by itself.
    assert_tells(
        &Worker::patient(&server.url()).acknowledge(BUILD_JOB, "1"),
        &["InProgress"],
    );
    assert_eq!(
        server
            .call("GetJobDetails", &json!({ "jobId": BUILD_JOB }).to_string())
            .status(),
        503
    );

    let rule = json!({ "rule": "PutJobFailureResult:reset=after:count=1" });
    assert_eq!(post(&server, "faults", &rule).status(), 200);
    let details = json!({ "type": "JobFailed", "message": "m" });
    let failed = json!({ "jobId": BUILD_JOB, "failureDetails": details });
    assert!(server.call("PutJobFailureResult", &failed.to_string()).cut);
    assert_eq!(
        status(&server, BUILD_JOB),
        "Failed",
        "only the answer was lost"
    );
    server.stop_ok().assert_said(&["4 faults injected"]);
}

#[test]
fn chance_comes_from_the_seed() {
    let outcomes = |seed: &str| {
        let sandbox = Sandbox::new();
        let chance = [
            "emulate",
            "--fault",
            "*:500:probability=0.5",
            "--seed",
            seed,
        ];
        let server = sandbox.serve(&chance);
        let made = post_ok(&server, "jobs", &json!({}));
        let poll = json!({ "actionTypeId": { "category": "Build", "owner": "Custom", "provider": "Example", "version": "1" } });
        let statuses: Vec<u16> = (0..32)
            .map(|_| server.call("PollForJobs", &poll.to_string()).status())
            .collect();
        server.stop_ok();
        (made, statuses)
    };
    let first = outcomes("7");
    assert!(
        first.1.contains(&500) && first.1.contains(&200),
        "{first:?}"
    );
    assert_eq!(first, outcomes("7"));
    assert_ne!(first, outcomes("8"));
}

#[test]
fn a_signature_may_be_required() {
    let sandbox = Sandbox::new();
    let server = emulator(&sandbox, &["--auth", "require"]);
    let poll = json!({ "actionTypeId": job(BUILD_JOB)["actionTypeId"] }).to_string();
    let unsigned = Call::new("PollForJobs", poll)
        .without("Authorization")
        .send(server.address());
    assert_eq!(unsigned.status(), 400);
    assert_eq!(
        unsigned.json()["__type"],
        "MissingAuthenticationTokenException"
    );
    assert_is_a_session(&session(&Worker::new(&server.url())));
    server.stop_ok();
}

#[test]
fn a_signature_may_be_verified() {
    let sandbox = Sandbox::new();
    let keys = keys(&sandbox, CLIENT_ACCESS_KEY, CLIENT_SECRET_KEY);
    let server = emulator(&sandbox, &["--auth", "verify", "--credentials", &keys]);
    let wrong = Worker::signing(&server.url(), CLIENT_ACCESS_KEY, "another secret");
    assert_tells(&wrong.poll(), &["InvalidSignatureException"]);
    let unknown = Worker::signing(&server.url(), "AKIANOBODYSKEY000000", CLIENT_SECRET_KEY);
    assert_tells(&unknown.poll(), &["UnrecognizedClientException"]);
    assert_is_a_session(&session(&Worker::new(&server.url())));
    server.stop_ok();
}

#[test]
fn signatures_are_verified_for_the_region_asked_for() {
    let sandbox = Sandbox::new();
    let keys = keys(&sandbox, CLIENT_ACCESS_KEY, CLIENT_SECRET_KEY);
    let verify = [
        "--auth",
        "verify",
        "--credentials",
        &keys,
        "--region",
        "eu-west-1",
    ];
    let server = emulator(&sandbox, &verify);
    // The worker signs for us-east-1.
    assert_tells(
        &Worker::new(&server.url()).poll(),
        &["InvalidSignatureException", "not 'us-east-1'"],
    );
    server.stop_ok();
}

/// What a recording signs is right, and what it keeps gives the same results again.
#[test]
fn a_recording_of_it_replays_with_equal_results() {
    let sandbox = Sandbox::new();
    let keys = keys(&sandbox, ACCESS_KEY, SECRET_KEY);
    let server = emulator(&sandbox, &["--auth", "verify", "--credentials", &keys]);
    // The SDK's output shows account ids, and hides the other secrets itself.
    let recorder = sandbox.record("day", &server.url(), &["--keep-account-ids"]);
    let live = session(&Worker::new(&recorder.url()));
    assert_is_a_session(&live);
    recorder
        .stop_ok()
        .assert_said(&["recorded 11 exchanges", "0 unrecorded"]);
    let job = server.admin(&format!("jobs/{BUILD_JOB}"));
    assert!(job.to_string().contains(ACCESS_KEY) && !job.to_string().contains(CLIENT_ACCESS_KEY));
    server.stop_ok();

    assert_eq!(operations(&sandbox.export("day")).len(), 11);
    let replay = sandbox.replay("day", &["--strict"]);
    assert_eq!(session(&Worker::new(&replay.url())), live);
    replay
        .stop_ok()
        .assert_said(&["served 11, missed 0, unplayed 0"]);
}

/// An emulator around a shell script.
fn around(sandbox: &Sandbox, more: &[&str], script: &str) -> Ended {
    let mut command: Command = sandbox.command(&["emulate"]);
    command.args(more).args(["--", "sh", "-c", script]);
    command
        .env("AWS_PROFILE", "production")
        .env("AWS_SESSION_TOKEN", "planted");
    program::run(command)
}

#[test]
fn a_wrapped_command_finds_it_and_no_credentials_of_ours() {
    let sandbox = Sandbox::new();
    let ended = around(&sandbox, &[], "env; exit 7");
    ended.assert(7, &["listening on http://127.0.0.1:", "0 jobs, 0 calls"]);
    assert!(
        ended
            .stdout
            .contains("AWS_ENDPOINT_URL_CODEPIPELINE=http://127.0.0.1:"),
        "{ended}"
    );
    assert!(ended.stdout.contains("AWS_REGION=us-east-1\n"), "{ended}");
    for ours in [ACCESS_KEY, SECRET_KEY, "planted", "AWS_PROFILE"] {
        assert!(!ended.stdout.contains(ours), "{ended}");
    }
    assert!(
        around(&sandbox, &["--region", "eu-west-1"], "env")
            .stdout
            .contains("AWS_REGION=eu-west-1\n")
    );
}

#[test]
fn a_wrapped_command_signs_with_the_first_key_where_signatures_are_verified() {
    let sandbox = Sandbox::new();
    let keys = json!([
        { "accessKeyId": "ASIAFIRST", "secretAccessKey": "first secret", "sessionToken": "first token" },
        { "accessKeyId": "AKIASECOND", "secretAccessKey": "second secret" },
    ]);
    let keys = sandbox.write("keys.json", keys.to_string());
    let verify = ["--auth", "verify", "--credentials", &keys];
    let poll = "curl --silent --show-error --max-time 20 \"$AWS_ENDPOINT_URL_CODEPIPELINE\" \
         --aws-sigv4 aws:amz:$AWS_REGION:codepipeline --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\" \
         -H \"X-Amz-Security-Token: $AWS_SESSION_TOKEN\" \
         -H 'X-Amz-Target: CodePipeline_20150709.ListActionTypes' \
         -H 'Content-Type: application/x-amz-json-1.1' -d '{}'";
    let ended = around(&sandbox, &verify, poll);
    ended.assert(0, &["1 call"]);
    assert_eq!(ended.stdout, r#"{"actionTypes":[]}"#, "{ended}");
    let ended = around(
        &sandbox,
        &verify,
        &format!("AWS_SECRET_ACCESS_KEY=x; {poll}"),
    );
    assert!(
        ended.stdout.contains("InvalidSignatureException"),
        "{ended}"
    );
}

#[test]
fn files_that_are_wrong_are_said_before_it_listens() {
    let sandbox = Sandbox::new();
    let jobs = sandbox.write("bad.json", "[{},\n {\"colour\": 1}]");
    let twice = sandbox.write(
        "twice.json",
        json!([job(BUILD_JOB), job(BUILD_JOB)]).to_string(),
    );
    let keys = sandbox.write(
        "keys.json",
        r#"[{"accessKeyId": "a", "secret": "hunter2"}]"#,
    );
    for (args, said) in [
        (
            &["--jobs", jobs.as_str()][..],
            &["bad.json", "`colour`", "line 2"][..],
        ),
        (&["--jobs", &twice], &["twice.json", BUILD_JOB]),
        (&["--jobs", "absent.json"], &["absent.json"]),
        (
            &["--auth", "verify", "--credentials", &keys],
            &["keys.json", "line 1"],
        ),
        (
            &["--auth", "verify", "--credentials", "absent.json"],
            &["absent.json"],
        ),
    ] {
        let ended = sandbox.run(&[&["emulate"], args].concat());
        ended.assert(1, said);
        assert_eq!(ended.stdout, "", "{ended}");
        assert!(!ended.stderr.contains("hunter2"), "{ended}");
    }
}

#[test]
fn wrong_usage_is_told_apart() {
    let sandbox = Sandbox::new();
    let keys = keys(&sandbox, "a", "b");
    for (args, said) in [
        (&["--auth", "verify"][..], "--credentials"),
        (&["--credentials", keys.as_str()], "--auth verify"),
        (
            &["--auth", "require", "--credentials", &keys],
            "--auth verify",
        ),
        (&["--fault", "AcknowledgeJob:explode"], "explode"),
        (&["--fault", "Acknowledge:throttle"], "Acknowledge"),
        (&["--visibility", "0s"], "1ms"),
        (&["--seed", "-1"], "-1"),
        (&["--listen", "0.0.0.0:0"], "--allow-remote"),
    ] {
        let ended = sandbox.run(&[&["emulate"], args].concat());
        ended.assert(2, &[said]);
        assert_eq!(ended.stdout, "", "{ended}");
    }
    sandbox
        .run(&["emulate", "--", "no-such-command-here"])
        .assert(127, &["no-such-command-here"]);
}
