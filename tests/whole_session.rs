//! The main job: a worker's session is recorded, exported, and played back with the upstream gone.

use serde_json::Value;

use crate::support::answer::OLD_DATE;
use crate::support::client::Call;
use crate::support::job_service::{
    ACCOUNT, ARTIFACT_KEY, ARTIFACT_SECRET, ARTIFACT_TOKEN, BUILD_JOB, JobService, OAUTH_TOKEN,
};
use crate::support::message::Message;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{exchanges, operations, parse};
use crate::support::worker::{Seen, Worker};

const CALLS: [&str; 12] = [
    "PollForJobs",
    "PollForJobs",
    "AcknowledgeJob",
    "AcknowledgeJob",
    "GetJobDetails",
    "AcknowledgeJob",
    "GetJobDetails",
    "PutJobSuccessResult",
    "AcknowledgeJob",
    "PutJobFailureResult",
    "PutJobSuccessResult",
    "PollForJobs",
];

/// A recorded session: the upstream that gave it is gone.
struct Recording {
    sandbox: Sandbox,
    /// What the worker saw live.
    live: Vec<Seen>,
    /// What upstream received, in order.
    requests: Vec<Message>,
    /// The tape file.
    exported: String,
}

impl Recording {
    fn make() -> Self {
        let sandbox = Sandbox::new();
        let mut upstream = JobService::upstream();
        let server = sandbox.record("session", &upstream.url(), &[]);
        let live = Worker::new(&server.url()).session();
        let ended = server.stop_ok();
        assert_eq!(ended.stdout.lines().count(), 1, "{ended}");
        ended.assert_said(&["12"]);
        let requests = upstream.received();
        upstream.stop();
        let exported = sandbox.export("session");
        Self {
            sandbox,
            live,
            requests,
            exported,
        }
    }

    /// What stands for the secrets of the session: read from the answer to the second poll.
    fn placeholders(&self) -> Vec<(&'static str, String)> {
        let polled = &exchanges(&self.exported)[1]["response"]["body"]["jobs"][0];
        let at = |pointer: &str| text(polled, pointer);
        vec![
            (ACCOUNT, at("/accountId")),
            (ARTIFACT_KEY, at("/data/artifactCredentials/accessKeyId")),
            (
                ARTIFACT_SECRET,
                at("/data/artifactCredentials/secretAccessKey"),
            ),
            (ARTIFACT_TOKEN, at("/data/artifactCredentials/sessionToken")),
            (
                OAUTH_TOKEN,
                at("/data/actionConfiguration/configuration/OAuthToken"),
            ),
        ]
    }

    /// A text from upstream as the tape should have it: every secret replaced, nothing else touched.
    fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (secret, placeholder) in self.placeholders() {
            text = text.replace(secret, &placeholder);
        }
        text
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} in {value}"))
        .to_owned()
}

/// Plays the session's requests raw; returns every byte of every answer.
fn play_raw(server: &Server, requests: &[Message], path: &str) -> Vec<Vec<u8>> {
    requests
        .iter()
        .map(|request| {
            let answer = Call::new(&request.operation(), request.body.clone())
                .path(path)
                .send(server.address());
            assert!(!answer.cut, "{}", answer.text());
            answer.raw()
        })
        .collect()
}

#[test]
fn a_session_replays_from_file_and_store_alike_with_the_upstream_gone() {
    let recording = Recording::make();
    let file = recording
        .sandbox
        .write("session.tape.json", &recording.exported);
    let expected: Vec<Seen> = recording
        .live
        .iter()
        .map(|seen| {
            let seen = recording.redacted(seen);
            let mut lines: Vec<&str> = seen.lines().collect();
            lines.sort_unstable();
            lines.join("\n")
        })
        .collect();
    let mut raw_runs = Vec::new();
    for source in [file.as_str(), "session"] {
        for run in 0..2 {
            let server = recording.sandbox.replay(source, &["--strict"]);
            let seen = Worker::new(&server.url()).session();
            assert_eq!(seen.len(), expected.len());
            for (call, (seen, expected)) in seen.iter().zip(&expected).enumerate() {
                assert_eq!(seen, expected, "{source}, run {run}, call {call}");
            }
            raw_runs.push(play_raw(&server, &recording.requests, "/session/raw/"));
            server.stop_ok();
        }
    }
    for run in &raw_runs[1..] {
        assert_eq!(run, &raw_runs[0]);
    }
}

#[test]
fn answers_come_back_byte_for_byte() {
    let recording = Recording::make();
    // The same session against a fresh service gives the bodies that were sent while recording.
    let service = JobService::default();
    let server = recording.sandbox.replay("session", &[]);
    for request in &recording.requests {
        let sent = service.answer(request);
        let answer = Call::new(&request.operation(), request.body.clone()).send(server.address());
        assert_eq!(answer.status(), sent.status);
        let sent = String::from_utf8(sent.body).unwrap();
        assert_eq!(answer.text(), recording.redacted(&sent));
        assert_eq!(
            answer.header("content-length"),
            Some(answer.body.len().to_string())
        );
        let names: Vec<String> = answer.headers().into_iter().map(|(name, _)| name).collect();
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|byte| !byte.is_ascii_uppercase())),
            "{names:?}"
        );
        assert!(!names.contains(&"date".to_owned()), "{names:?}");
        assert!(names.contains(&"x-amzn-requestid".to_owned()), "{names:?}");
    }
    server.stop_ok();
}

#[test]
fn the_live_worker_gets_the_upstreams_own_bytes() {
    let sandbox = Sandbox::new();
    let upstream = JobService::upstream();
    let server = sandbox.record("live", &upstream.url(), &[]);
    let service = JobService::default();
    let calls = [
        ("PollForJobs", "{}".to_owned()),
        ("PollForJobs", "{}".to_owned()),
        ("GetJobDetails", format!(r#"{{"jobId":"{}"}}"#, BUILD_JOB)),
    ];
    for (index, (operation, body)) in calls.iter().enumerate() {
        let answer = server.call(operation, body);
        assert_eq!(answer.status(), 200);
        let expected = service.answer(&upstream.received()[index]);
        assert_eq!(
            answer.body, expected.body,
            "secrets included: the worker needs them"
        );
        assert_eq!(answer.header("date").as_deref(), Some(OLD_DATE));
        assert_eq!(answer.header("x-pipetape-recorded"), None);
    }
    server.stop_ok();
}

#[test]
fn the_tape_file_says_what_happened() {
    let recording = Recording::make();
    let tape = parse(&recording.exported);
    assert_eq!(tape["format"], "pipetape/1");
    assert_eq!(tape["name"], "session");
    assert_eq!(tape["service"], "codepipeline");
    assert_eq!(tape["apiVersion"], "2015-07-09");
    assert_eq!(tape["rules"]["keepAccountIds"], false);
    assert_eq!(tape["rules"]["redactConfig"], "suspect");
    assert!(!text(&tape, "/rules/salt").is_empty());
    assert_eq!(operations(&recording.exported), CALLS);

    let mut last = 0;
    for (index, exchange) in exchanges(&recording.exported).iter().enumerate() {
        let seq = exchange["seq"].as_u64().unwrap();
        assert!(seq > last, "{exchange}");
        // One call at a time: each began when the one before was kept.
        assert_eq!(exchange["after"].as_u64(), Some(last), "{exchange}");
        last = seq;
        assert!(exchange["latencyMs"].is_u64(), "{exchange}");
        let at = text(exchange, "/recordedAt");
        assert!(at.len() == 24 && at.ends_with('Z'), "{at}");
        let kept = exchange["request"]["headers"].as_object().unwrap();
        for name in kept.keys() {
            assert!(
                name == "content-type" || name == "user-agent" || name.starts_with("amz-sdk-"),
                "{name}"
            );
        }
        assert!(kept["user-agent"].is_string(), "{kept:?}");
        let sent: Value = serde_json::from_slice(&recording.requests[index].body).unwrap();
        assert_eq!(exchange["request"]["body"], sent, "nothing secret in it");
        assert!(exchange.get("fault").is_none(), "{exchange}");
    }

    // Whole answers in the order of the format, secrets aside.
    for (index, exchange) in exchanges(&recording.exported).iter().enumerate() {
        let members: Vec<&String> = exchange.as_object().unwrap().keys().collect();
        assert_eq!(
            members.len(),
            7,
            "seq, after, operation, recordedAt, latencyMs, request, response: {members:?}"
        );
        let response = &exchange["response"];
        let form = if response.get("bodyText").is_some() {
            "bodyText"
        } else {
            "body"
        };
        match CALLS[index] {
            // Spaced-out JSON can't be given by tokens alone; an empty body is no JSON at all.
            "GetJobDetails" if index == 4 => assert_eq!(form, "bodyText"),
            _ if text_is_empty(response) => {}
            _ => assert_eq!(form, "body", "call {index}: {response}"),
        }
    }
}

fn text_is_empty(response: &Value) -> bool {
    response.get("body").is_none()
        && response
            .get("bodyText")
            .is_none_or(|text| text.as_str() == Some(""))
}

#[test]
fn a_second_replay_of_a_tape_may_run_beside_the_first() {
    let recording = Recording::make();
    let first = recording.sandbox.replay("session", &[]);
    let second = recording.sandbox.replay("session", &[]);
    let of_first = play_raw(&first, &recording.requests, "/");
    let of_second = play_raw(&second, &recording.requests, "/");
    assert_eq!(of_first, of_second);
    first.stop_ok();
    second.stop_ok();
}
