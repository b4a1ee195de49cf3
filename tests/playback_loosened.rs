//! `--match identity` and `--ignore`: what matches then, and that it is never silent.

use serde_json::{Value, json};

use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{JOB, Tape, acknowledge};

fn failure(message: &str) -> Value {
    json!({ "jobId": JOB, "failureDetails": { "type": "JobFailed", "message": message } })
}

fn tape() -> Tape {
    Tape::new("loose")
        .ok("PutJobFailureResult", failure("at 10:00"), json!({}))
        .ok(
            "AcknowledgeJob",
            acknowledge("1"),
            json!({ "status": "InProgress" }),
        )
}

fn replay(tape: &Tape, more: &[&str]) -> (Sandbox, Server) {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape.text());
    let server = sandbox.replay(&file, more);
    (sandbox, server)
}

/// Sends a result with that message, then the acknowledgement as it was recorded; says the first one's status.
fn report(server: &Server, message: &str) -> u16 {
    let status = server
        .call("PutJobFailureResult", &failure(message).to_string())
        .status();
    let acknowledged = server.call("AcknowledgeJob", &acknowledge("1").to_string());
    assert_eq!(acknowledged.status(), 200);
    status
}

fn marks(server: &Server) -> Vec<(String, Value)> {
    let served = server.admin("exchanges");
    let served = served["exchanges"].as_array().unwrap();
    let mark = |one: &Value| {
        (
            one["operation"].as_str().unwrap().to_owned(),
            one["loosened"].clone(),
        )
    };
    served.iter().map(mark).collect()
}

#[test]
fn a_changed_message_matches_loosely_and_is_counted() {
    for loosely in [
        &["--match", "identity"][..],
        &["--ignore", "/failureDetails/message"],
        &["--ignore", "/nowhere", "--ignore", "/*/message"],
    ] {
        let (_sandbox, server) = replay(&tape(), loosely);
        assert_eq!(report(&server, "at 11:30"), 200, "{loosely:?}");
        let expected = [
            ("PutJobFailureResult".to_owned(), json!(true)),
            ("AcknowledgeJob".to_owned(), Value::Null),
        ];
        assert_eq!(marks(&server), expected, "{loosely:?}");
        server.stop().assert(
            0,
            &[
                "served 2, missed 0, unplayed 0, loosened 1",
                // What differs is said at once, too.
                "a request matched only loosely",
                r#"/failureDetails/message: recorded \"at 10:00\", got \"at 11:30\""#,
            ],
        );

        // What was recorded matches as a whole, whatever is loosened.
        let (_sandbox, server) = replay(&tape(), loosely);
        assert_eq!(report(&server, "at 10:00"), 200);
        assert!(marks(&server).iter().all(|(_, mark)| mark.is_null()));
        let ended = server.stop();
        ended.assert(0, &["served 2, missed 0, unplayed 0"]);
        assert!(!ended.stderr.contains("loosened"), "{ended}");
    }
    for exact in [&[][..], &["--match", "exact"]] {
        let (_sandbox, server) = replay(&tape(), exact);
        assert_eq!(report(&server, "at 11:30"), 400, "{exact:?}");
        server.stop().assert(4, &["served 1, missed 1, unplayed 1"]);
    }
}

#[test]
fn another_job_or_nonce_never_matches() {
    let (_sandbox, server) = replay(&tape(), &["--match", "identity"]);
    let missed = server.call("AcknowledgeJob", &acknowledge("2").to_string());
    assert_eq!(missed.json()["__type"], "PipetapeMissException");
    assert!(missed.text().contains("/nonce"), "{}", missed.text());
    let other = failure("at 10:00")
        .to_string()
        .replace(JOB, &JOB.replace('1', "9"));
    let missed = server.call("PutJobFailureResult", &other);
    assert_eq!(missed.json()["__type"], "PipetapeMissException");
    assert!(missed.text().contains("/jobId"), "{}", missed.text());
    server.stop().assert(4, &["missed 2, unplayed 2"]);
}

#[test]
fn what_the_tapes_rules_ignore_is_counted_too() {
    let rules = json!({
        "salt": "s", "redact": [], "ignore": ["/failureDetails/message"],
        "keepAccountIds": false, "redactConfig": "suspect"
    });
    let (_sandbox, server) = replay(&tape().rules(rules), &[]);
    assert_eq!(report(&server, "at 11:30"), 200);
    server.stop().assert(0, &["unplayed 0, loosened 1"]);
}

#[test]
fn a_pointer_that_is_none_is_wrong_usage() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape().text());
    sandbox
        .run(&["replay", &file, "--ignore", "message"])
        .assert(2, &["--ignore", "begins with `/`"]);
}
