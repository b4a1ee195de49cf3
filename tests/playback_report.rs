//! `--report FILE`.

use std::fs;

use serde_json::{Value, json};

use crate::support::client::Call;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{JOB, Tape, acknowledge};

const PLANTED: &str = "planted-token-5f2c";

fn tape() -> Tape {
    Tape::new("reported")
        .ok(
            "AcknowledgeJob",
            acknowledge("1"),
            json!({ "status": "InProgress" }),
        )
        .ok(
            "GetJobDetails",
            json!({ "jobId": JOB }),
            json!({ "jobDetails": {} }),
        )
        .ok(
            "PutJobFailureResult",
            json!({ "jobId": JOB, "failureDetails": { "type": "JobFailed", "message": "1" } }),
            json!({}),
        )
        .ok(
            "GetThirdPartyJobDetails",
            json!({ "jobId": JOB, "clientToken": "on-the-tape" }),
            json!({ "jobDetails": {} }),
        )
}

/// A worker that is answered twice, once loosely, and misses three times, in two sessions; gives the report.
fn report(sandbox: &Sandbox, name: &str, more: &[&str]) -> String {
    let file = sandbox.write("tape.json", tape().text());
    let path = sandbox.arg(name);
    let arguments = ["--match", "identity", "--report", &path];
    let old = fs::read(sandbox.path(name)).ok();
    let server = sandbox.replay(&file, &[&arguments, more].concat());
    let call = |path: &str, operation: &str, body: Value| {
        let call = Call::new(operation, body.to_string()).path(path);
        call.send(server.address()).status()
    };
    let result = json!({ "jobId": JOB, "failureDetails": { "type": "JobFailed", "message": "2" } });
    assert_eq!(call("/session/b", "PutJobFailureResult", result), 200);
    assert_eq!(call("/session/b", "AcknowledgeJob", acknowledge("1")), 200);
    for _ in 0..2 {
        assert_eq!(
            call("/session/a", "AcknowledgeJob", acknowledge("<2>")),
            400
        );
    }
    let planted = json!({ "jobId": JOB, "clientToken": PLANTED });
    assert_eq!(call("/session/a", "GetThirdPartyJobDetails", planted), 400);
    let now = fs::read(sandbox.path(name)).ok();
    assert_eq!(now, old, "it is written at the end");
    server
        .stop()
        .assert(4, &["served 2, missed 3, unplayed 2, loosened 1"]);
    let text = fs::read_to_string(sandbox.path(name)).unwrap();
    assert!(!text.contains(PLANTED), "{text}");
    assert!(text.ends_with('\n') || name.ends_with(".xml"));
    text
}

#[test]
fn json_says_it_session_by_session() {
    let sandbox = Sandbox::new();
    let text = report(&sandbox, "report.json", &[]);
    // Another run, over the old file, gives the same bytes.
    assert_eq!(report(&sandbox, "report.json", &[]), text);
    let report: Value = serde_json::from_str(&text).unwrap();
    let counts = |of: &Value| {
        ["served", "missed", "unplayed", "loosened"].map(|name| of[name].as_u64().unwrap())
    };
    assert_eq!(report["tape"], "reported");
    assert_eq!(counts(&report), [2, 3, 2, 1]);
    let sessions = report["sessions"].as_array().unwrap();
    let told: Vec<_> = sessions
        .iter()
        .map(|one| (one["session"].as_str().unwrap(), counts(one)))
        .collect();
    assert_eq!(told, [("a", [0, 3, 4, 0]), ("b", [2, 0, 2, 1])]);
    let miss = &sessions[0]["misses"][0];
    assert_eq!(
        (&miss["operation"], &miss["cause"]),
        (&json!("AcknowledgeJob"), &json!("never recorded"))
    );
    assert_eq!(
        (&miss["count"], &miss["closest"]["seq"]),
        (&json!(2), &json!(1))
    );
    assert!(miss["message"].as_str().unwrap().contains("/nonce"));
    assert_eq!(
        report["looseMatches"],
        json!([{
            "session": "b", "operation": "PutJobFailureResult", "exchange": 3, "count": 1, "more": 0,
            "differences": ["/failureDetails/message: recorded \"1\", got \"2\""]
        }])
    );
    assert_eq!(report["unlistedLooseMatches"], 0);
    let unplayed: Vec<_> = report["unplayedExchanges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["seq"])
        .collect();
    assert_eq!(unplayed, [2, 4]);
}

#[test]
fn junit_fails_for_each_miss() {
    let sandbox = Sandbox::new();
    let text = report(&sandbox, "junit.xml", &[]);
    for piece in [
        r#"<testsuites name="pipetape replay reported" tests="5" skipped="1" failures="3""#,
        r#"<testsuite name="session a" tests="2""#,
        r#"<testsuite name="session b" tests="1""#,
        r#"<property name="loosened" value="1"/>"#,
        "<system-out>loosened: exchange 3, PutJobFailureResult, 1 times: /failureDetails/message: recorded",
        r#"<skipped message="unplayed 2""#,
        "&lt;2&gt;",
        "/nonce",
    ] {
        assert!(text.contains(piece), "no {piece}: {text}");
    }
    let strict = report(&sandbox, "junit.xml", &["--strict"]);
    assert!(
        strict.contains(r#"<failure message="unplayed 2""#),
        "{strict}"
    );
}

#[test]
fn a_report_that_cannot_be_written_fails() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape().text());
    sandbox
        .run(&["replay", &file, "--report", "report.txt"])
        .assert(2, &["--report", ".xml"]);
    let missing = sandbox.arg("nowhere/report.json");
    sandbox
        .run(&["replay", &file, "--report", &missing, "--", "true"])
        .assert(1, &["cannot write", "nowhere/report.json", "served 0"]);
}
