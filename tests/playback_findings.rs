//! Findings about the worker: in the summary, the reports and `GET findings`, never in the exit code.

use std::fs;

use serde_json::{Value, json};

use crate::support::client::Call;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::scan::Secrets;
use crate::support::tape_file::{JOB, Tape, acknowledge};

const OTHER: &str = "99999999-2222-4333-8444-555555555555";
const TOKEN: &str = "ct-planted-0123456789abcdef";

fn job() -> Value {
    json!({ "jobId": JOB })
}

fn failure() -> Value {
    json!({ "jobId": JOB, "failureDetails": { "type": "JobFailed", "message": "no" } })
}

fn refused(code: &str) -> Value {
    json!({ "__type": code, "message": "no" })
}

/// Two jobs are handed out; one is acknowledged by a wrong nonce and by the right one, and ends twice.
fn tape() -> Tape {
    let jobs = json!([{ "id": JOB, "nonce": "1" }, { "id": OTHER, "nonce": "2" }]);
    let in_progress = json!({ "status": "InProgress" });
    Tape::new("judged")
        .ok("PollForJobs", json!({}), json!({ "jobs": jobs }))
        .exchange(
            "AcknowledgeJob",
            acknowledge("7"),
            400,
            refused("InvalidNonceException"),
        )
        .ok("AcknowledgeJob", acknowledge("1"), in_progress.clone())
        .ok(
            "AcknowledgeJob",
            json!({ "jobId": OTHER, "nonce": "2" }),
            in_progress,
        )
        .ok("GetJobDetails", job(), json!({ "jobDetails": {} }))
        .ok("PutJobSuccessResult", job(), json!({}))
        .exchange(
            "PutJobSuccessResult",
            job(),
            400,
            refused("InvalidJobStateException"),
        )
        .ok("PutJobFailureResult", failure(), json!({}))
        .exchange(
            "AcknowledgeThirdPartyJob",
            json!({ "jobId": JOB, "nonce": "1", "clientToken": "REDACTED-0a1b2" }),
            400,
            refused("InvalidClientTokenException"),
        )
}

fn call(server: &Server, session: &str, operation: &str, body: Value, invocation: &str) {
    Call::new(operation, body.to_string())
        .path(&format!("/session/{session}/"))
        .with("amz-sdk-invocation-id", invocation)
        .send(server.address());
}

/// Workers of many kinds, one in each session.
fn work(server: &Server) {
    let start = |session: &str| {
        call(server, session, "PollForJobs", json!({}), "1");
        call(server, session, "AcknowledgeJob", acknowledge("1"), "2");
        let other = json!({ "jobId": OTHER, "nonce": "2" });
        call(server, session, "AcknowledgeJob", other, "3");
    };
    let succeed = |session, id| call(server, session, "PutJobSuccessResult", job(), id);
    // Nothing is wrong with these two: the second is a retry.
    start("good");
    succeed("good", "4");
    start("retry");
    succeed("retry", "4");
    succeed("retry", "4");

    start("twice");
    succeed("twice", "4");
    succeed("twice", "5");
    call(server, "twice", "PutJobFailureResult", failure(), "6");
    // A wrong nonce, refused, and it goes on; the other job is left.
    call(server, "stubborn", "PollForJobs", json!({}), "1");
    call(server, "stubborn", "AcknowledgeJob", acknowledge("7"), "2");
    call(server, "stubborn", "GetJobDetails", job(), "3");
    call(server, "stubborn", "PutJobFailureResult", failure(), "4");
    // Never polled, so nothing was handed out to it.
    call(server, "guess", "AcknowledgeJob", acknowledge("1"), "1");
}

#[test]
fn json_lists_them() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape().text());
    let report = || {
        let path = sandbox.arg("report.json");
        let server = sandbox.replay(&file, &["--report", &path]);
        work(&server);
        let now = server.admin("findings");
        let of_twice = server.admin("findings?session=twice&operation=PutJobSuccessResult");
        let ended = server.stop();
        // Warnings, and no failure.
        ended.assert(0, &["served 20, missed 0, unplayed 1, findings 5"]);
        let warnings = ended
            .stderr
            .lines()
            .filter(|line| line.starts_with("warning: session `"))
            .count();
        assert_eq!(warnings, 5, "{ended}");
        let last = ended.stderr.lines().last();
        assert!(
            last.is_some_and(|line| line.starts_with("served 20")),
            "{ended}"
        );
        let text = fs::read_to_string(sandbox.path("report.json")).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(now["findings"], report["findings"]);
        assert_eq!((&now["unlisted"], &now["unjudged"]), (&json!(0), &json!(0)));
        assert_eq!(of_twice["findings"], json!([report["findings"][4]]));
        text
    };
    let text = report();
    let found: Value = serde_json::from_str(&text).unwrap();
    let told: Vec<_> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert_eq!(one["severity"], "warning");
            let members = ["session", "rule", "job", "operation", "exchange", "count"];
            Value::from_iter(members.map(|name| one[name].clone()))
        })
        .collect();
    assert_eq!(
        told,
        [
            json!([
                "guess",
                "nonce-never-handed-out",
                JOB,
                "AcknowledgeJob",
                3,
                1
            ]),
            json!([
                "stubborn",
                "worked-on-after-refusal",
                JOB,
                "GetJobDetails",
                5,
                2
            ]),
            json!([
                "stubborn",
                "nonce-never-handed-out",
                JOB,
                "AcknowledgeJob",
                2,
                1
            ]),
            json!(["stubborn", "never-acknowledged", OTHER, "PollForJobs", 1, 1]),
            json!([
                "twice",
                "result-sent-twice",
                JOB,
                "PutJobSuccessResult",
                7,
                2
            ]),
        ]
    );
    assert_eq!(
        (&found["unlistedFindings"], &found["unjudgedRequests"]),
        (&json!(0), &json!(0))
    );
    // The same requests give the same report.
    assert_eq!(report(), text);
}

#[test]
fn junit_passes_and_warns() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape().text());
    let path = sandbox.arg("junit.xml");
    let server = sandbox.replay(&file, &["--report", &path]);
    work(&server);
    server.stop().assert(0, &["findings 5"]);
    let text = fs::read_to_string(sandbox.path("junit.xml")).unwrap();
    let junit = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((junit.failures, junit.errors), (0, 0));
    let warned: Vec<_> = junit
        .test_suites
        .iter()
        .flat_map(|suite| &suite.test_cases)
        .filter_map(|case| {
            let warning = case.system_err.as_ref()?.as_str();
            assert!(warning.starts_with("warning: "), "{warning}");
            Some((case.classname.as_ref()?.as_str(), case.name.as_str()))
        })
        .collect();
    let job = |rule: &str| format!("{rule} {JOB}");
    assert_eq!(
        warned,
        [
            ("session guess", job("nonce-never-handed-out").as_str()),
            ("session stubborn", &job("worked-on-after-refusal")),
            ("session stubborn", &job("nonce-never-handed-out")),
            ("session stubborn", &format!("never-acknowledged {OTHER}")),
            ("session twice", &job("result-sent-twice")),
        ]
    );
    assert!(
        text.contains(r#"<property name="findings" value="5"/>"#),
        "{text}"
    );
}

/// A worker that sends no invocation ids, values that move a cursor or fill a screen, and secrets.
#[test]
fn hostile_values_are_cut_and_secrets_stay_away() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape().text());
    let path = sandbox.arg("report.json");
    let server = sandbox.replay(&file, &["--log", "off", "--report", &path]);
    let send = |operation: &str, body: Value| {
        server.call(operation, &body.to_string());
    };
    send("PollForJobs", json!({}));
    for nonce in ["\u{1b}[31m\u{202e}\r\n".to_owned(), "n".repeat(1_000_000)] {
        send("AcknowledgeJob", acknowledge(&nonce));
    }
    let job = "\u{7}".repeat(1_000_000);
    send("AcknowledgeJob", json!({ "jobId": job, "nonce": "1" }));
    let third = json!({ "jobId": JOB, "nonce": "1", "clientToken": TOKEN });
    send("AcknowledgeThirdPartyJob", third);
    let third = json!({ "jobId": JOB, "clientToken": TOKEN });
    send("PutThirdPartyJobSuccessResult", third);
    let shown = server.admin("findings").to_string();
    let ended = server.stop();
    ended.assert(4, &["findings 4; missed: never recorded "]);
    let report = fs::read_to_string(sandbox.path("report.json")).unwrap();
    let secrets = Secrets::new(&[TOKEN]);
    for (name, text) in [
        ("findings", &shown),
        ("report", &report),
        ("stderr", &ended.stderr),
    ] {
        secrets.assert_absent(name, text.as_bytes());
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{name}");
        assert!(text.len() < 64 * 1024, "{name}: {} bytes", text.len());
    }
    assert!(ended.stderr.contains(r"\u{1b}[31m\u{202e}\r\n"), "{ended}");
}
