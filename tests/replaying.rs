//! What a replay answers: order, exhaustion, sessions, and how it ends.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::client::Call;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{JOB, Tape, acknowledge, two_answers};
use crate::support::worker::Worker;

/// A replay of a tape that was written by hand.
fn replay(tape: &Tape, more: &[&str]) -> (Sandbox, Server) {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape.text());
    let server = sandbox.replay(&file, more);
    (sandbox, server)
}

fn action(provider: &str) -> Value {
    json!({ "actionTypeId": {
        "category": "Build", "owner": "Custom", "provider": provider, "version": "1"
    }})
}

/// A tape with three answers to one request, and polls of both kinds.
fn counted() -> Tape {
    let third_party = json!({ "actionTypeId": {
        "category": "Build", "owner": "ThirdParty", "provider": "Forge", "version": "1"
    }});
    let mut tape = Tape::new("counted");
    for status in ["Dispatched", "InProgress", "Succeeded"] {
        tape = tape.ok(
            "AcknowledgeJob",
            acknowledge("1"),
            json!({ "status": status }),
        );
    }
    tape.ok(
        "PollForJobs",
        action("Forge"),
        json!({ "jobs": [{ "id": JOB, "nonce": "1" }] }),
    )
    .ok(
        "PollForThirdPartyJobs",
        third_party,
        json!({ "jobs": [{ "clientId": JOB, "jobId": JOB }] }),
    )
}

/// The statuses of that many acknowledgements; a miss is `miss`.
fn statuses(server: &Server, path: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|_| {
            let answer = Call::new("AcknowledgeJob", acknowledge("1").to_string())
                .path(path)
                .send(server.address());
            match answer.status() {
                200 => answer.json()["status"].as_str().unwrap().to_owned(),
                400 => {
                    assert_eq!(answer.json()["__type"], "PipetapeMissException");
                    "miss".to_owned()
                }
                other => panic!("status {other}: {}", answer.text()),
            }
        })
        .collect()
}

#[test]
fn equal_requests_are_answered_in_recorded_order_once_each() {
    let (_sandbox, server) = replay(&two_answers(), &[]);
    let body = acknowledge("1").to_string();
    // Another operation in between does not matter: order is kept per key.
    let first = server.call("AcknowledgeJob", &body);
    assert_eq!(first.json(), json!({ "status": "InProgress" }));
    let details = server.call("GetJobDetails", &json!({ "jobId": JOB }).to_string());
    assert_eq!(details.json()["__type"], "JobNotFoundException");
    let second = server.call("AcknowledgeJob", &body);
    assert_eq!(second.status(), 400);
    assert_eq!(second.json()["__type"], "InvalidNonceException");
    let third = server.call("AcknowledgeJob", &body);
    assert_eq!(third.json()["__type"], "PipetapeMissException");
    server.stop().assert(4, &["1"]);
}

#[test]
fn every_policy_for_what_is_used_up() {
    for (policy, expected) in [
        (
            &[][..],
            ["Dispatched", "InProgress", "Succeeded", "miss", "miss"],
        ),
        (
            &["--exhausted", "auto"],
            ["Dispatched", "InProgress", "Succeeded", "miss", "miss"],
        ),
        (
            &["--exhausted", "error"],
            ["Dispatched", "InProgress", "Succeeded", "miss", "miss"],
        ),
        (
            &["--exhausted", "repeat-last"],
            [
                "Dispatched",
                "InProgress",
                "Succeeded",
                "Succeeded",
                "Succeeded",
            ],
        ),
        (
            &["--exhausted", "loop"],
            [
                "Dispatched",
                "InProgress",
                "Succeeded",
                "Dispatched",
                "InProgress",
            ],
        ),
    ] {
        let (_sandbox, server) = replay(&counted(), policy);
        assert_eq!(statuses(&server, "/", 5), expected, "{policy:?}");
        let missed = expected.contains(&"miss");
        server.stop().assert(if missed { 4 } else { 0 }, &[]);
    }
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", counted().text());
    sandbox
        .run(&["replay", &file, "--exhausted", "never"])
        .assert(2, &["never", "repeat-last"]);
}

#[test]
fn a_used_up_poll_finds_no_jobs() {
    let third_party = json!({ "actionTypeId": {
        "category": "Build", "owner": "ThirdParty", "provider": "Forge", "version": "1"
    }});
    for (operation, request) in [
        ("PollForJobs", action("Forge")),
        ("PollForThirdPartyJobs", third_party),
    ] {
        let request = request.to_string();
        let (_sandbox, server) = replay(&counted(), &[]);
        let first = server.call(operation, &request);
        assert_eq!(first.json()["jobs"].as_array().unwrap().len(), 1);
        for _ in 0..3 {
            let empty = server.call(operation, &request);
            assert_eq!(empty.status(), 200);
            assert_eq!(empty.text(), r#"{"jobs":[]}"#);
            assert_eq!(
                empty.header("content-type").as_deref(),
                Some("application/x-amz-json-1.1")
            );
            assert_eq!(empty.header("date"), None);
        }
        server.stop_ok();

        let (_sandbox, server) = replay(&counted(), &["--exhausted", "error"]);
        assert_eq!(server.call(operation, &request).status(), 200);
        let missed = server.call(operation, &request);
        assert_eq!(missed.json()["__type"], "PipetapeMissException");
        server.stop().assert(4, &[]);
    }
}

#[test]
fn a_poll_that_was_never_recorded_is_a_miss() {
    let (_sandbox, server) = replay(&counted(), &[]);
    let answer = server.call("PollForJobs", &action("Another").to_string());
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json()["__type"], "PipetapeMissException");
    server.stop().assert(4, &[]);
}

#[test]
fn sessions_by_path_play_on_their_own() {
    let (_sandbox, server) = replay(&counted(), &[]);
    let all = ["Dispatched", "InProgress", "Succeeded"];
    assert_eq!(statuses(&server, "/session/one", 1), all[..1]);
    // With a final slash or without, it is the same session.
    assert_eq!(statuses(&server, "/session/one/", 1), all[1..2]);
    assert_eq!(statuses(&server, "/session/Two_2.b-/", 3), all);
    assert_eq!(statuses(&server, "/session/one", 1), all[2..]);
    // Any other path is the default session.
    assert_eq!(statuses(&server, "/", 1), all[..1]);
    assert_eq!(statuses(&server, "/prefix/of/mine", 1), all[1..2]);
    assert_eq!(statuses(&server, "/session/default", 1), all[2..]);
    assert_eq!(statuses(&server, "/?query=1", 1), ["miss"]);
    assert_eq!(statuses(&server, "/session/Two_2.b-", 1), ["miss"]);
    server.stop().assert(4, &[]);
}

#[test]
fn only_operation_and_body_count() {
    let tape = Tape::new("forms").ok(
        "PollForJobs",
        json!({
            "actionTypeId": {
                "category": "Build", "owner": "Custom", "provider": "caf\u{e9}/1", "version": "1"
            },
            "maxBatchSize": 10
        }),
        json!({ "jobs": [{ "id": JOB }] }),
    );
    let (_sandbox, server) = replay(&tape, &["--exhausted", "repeat-last"]);
    let plain = r#"{"actionTypeId":{"category":"Build","owner":"Custom","provider":"café/1","version":"1"},"maxBatchSize":10}"#;
    for body in [
        plain.to_owned(),
        plain.replace("é", "\\u00e9").replace('/', "\\/"),
        plain.replace(":10}", ":1e1}"),
        plain.replace(":10}", ":10.0}"),
        plain.replace(":10}", ":10,\"queryParam\":null}"),
        format!(" {} \r\n", plain.replace(',', " ,\t").replace("\":", "\" : ")),
        r#"{"maxBatchSize":10,"actionTypeId":{"version":"1","provider":"café/1","owner":"Custom","category":"Build"}}"#.to_owned(),
    ] {
        let answer = server.call("PollForJobs", &body);
        assert_eq!(answer.status(), 200, "{body}: {}", answer.text());
    }
    for call in [
        Call::new("PollForJobs", plain).without("authorization"),
        Call::new("PollForJobs", plain).host("codepipeline.eu-west-1.amazonaws.com"),
        Call::new("PollForJobs", plain).with("X-Amz-Date", "19990101T000000Z"),
        Call::new("PollForJobs", plain).with("User-Agent", "another/2"),
        Call::new("PollForJobs", plain).with("X-Amz-Security-Token", "a token"),
    ] {
        let answer = call.send(server.address());
        assert_eq!(answer.status(), 200, "{call:?}: {}", answer.text());
    }
    for body in [
        plain.replace("café", "cafe"),
        plain.replace(":10}", ":11}"),
        plain.replace(":10}", ":\"10\"}"),
        plain.replace(":10}", ":10,\"queryParam\":{}}"),
    ] {
        assert_eq!(server.call("PollForJobs", &body).status(), 400, "{body}");
    }
    server.stop().assert(4, &["4"]);
}

#[test]
fn the_tapes_own_rules_say_what_does_not_count_and_what_is_secret() {
    let failure = |message: &str, id: &str| {
        json!({
            "jobId": JOB,
            "failureDetails": { "type": "JobFailed", "message": message, "externalExecutionId": id }
        })
    };
    let tape = Tape::new("rules")
        .rules(json!({
            "salt": "s", "redact": ["/failureDetails/externalExecutionId"],
            "ignore": ["/failureDetails/message"], "keepAccountIds": false, "redactConfig": "suspect"
        }))
        .ok("PutJobFailureResult", failure("at 10:00", "run-1"), json!({}));
    let (_sandbox, server) = replay(&tape, &["--exhausted", "repeat-last"]);
    let call = |body: Value| server.call("PutJobFailureResult", &body.to_string());
    assert_eq!(call(failure("at 11:30", "run-1")).status(), 200);
    let missed = call(failure("at 11:30", "run-planted-2"));
    assert_eq!(missed.status(), 400);
    assert!(
        !missed.text().contains("run-planted-2"),
        "{}",
        missed.text()
    );
    assert!(!missed.text().contains("/message"), "{}", missed.text());
    server.stop().assert(4, &["1"]);
}

#[test]
fn a_token_on_a_tape_written_by_hand_matches_itself() {
    let request = |token: &str| json!({ "jobId": "j", "clientToken": token });
    let tape = Tape::new("hand").ok(
        "GetThirdPartyJobDetails",
        request("written-by-hand-1"),
        json!({ "jobDetails": { "id": "j" } }),
    );
    let (_sandbox, server) = replay(&tape, &["--exhausted", "repeat-last"]);
    let call = |token: &str| {
        let body = request(token).to_string();
        server.call("GetThirdPartyJobDetails", &body).status()
    };
    assert_eq!(call("written-by-hand-1"), 200);
    assert_eq!(call("written-by-hand-2"), 400);
    server.stop().assert(4, &["1"]);
}

#[test]
fn the_signal_and_the_misses_decide_the_exit_code() {
    for signal in [Signal::TERM, Signal::INT] {
        let (_sandbox, mut server) = replay(&two_answers(), &[]);
        statuses(&server, "/", 1);
        server.running().signal(signal);
        let ended = server.wait();
        ended.assert(0, &[]);
        assert_eq!(ended.stdout.lines().count(), 1, "{ended}");
    }
    let (_sandbox, server) = replay(&two_answers(), &[]);
    server.call("AcknowledgeJob", &acknowledge("2").to_string());
    let ended = server.stop();
    // A miss is logged once, and summed up at the end.
    ended.assert(4, &["miss", "AcknowledgeJob"]);
}

#[test]
fn an_sdk_sees_a_miss_once_and_in_full() {
    let (_sandbox, server) = replay(&two_answers(), &[]);
    let seen = Worker::patient(&server.url()).acknowledge(JOB, "2");
    assert!(seen.contains("PipetapeMissException"), "{seen}");
    assert!(seen.contains("/nonce"), "{seen}");
    let misses = server.admin("misses");
    assert_eq!(misses["misses"].as_array().unwrap().len(), 1, "{misses}");
    server.stop().assert(4, &[]);
}
