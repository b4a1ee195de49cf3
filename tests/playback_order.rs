//! `--order strict`: only what could have been recorded.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{JOB, Tape, acknowledge};

fn worker() -> Tape {
    Tape::new("ordered")
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
        .ok("PutJobSuccessResult", json!({ "jobId": JOB }), json!({}))
}

/// The tape with an `after` for each exchange.
fn began_after(afters: [u64; 3]) -> String {
    let mut value: Value = serde_json::from_str(&worker().text()).unwrap();
    for (exchange, after) in value["exchanges"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .zip(afters)
    {
        exchange["after"] = json!(after);
    }
    value.to_string()
}

/// Sends the result before the details; says whether that was answered, and the end.
fn result_before_details(tape: &str, more: &[&str]) -> (Value, crate::support::output::Ended) {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape);
    let server = sandbox.replay(&file, more);
    let job = json!({ "jobId": JOB }).to_string();
    let call = |operation: &str, body: &str| server.call(operation, body);
    assert_eq!(
        call("AcknowledgeJob", &acknowledge("1").to_string()).status(),
        200
    );
    let early = call("PutJobSuccessResult", &job).json();
    assert_eq!(call("GetJobDetails", &job).status(), 200);
    if early["__type"].is_string() {
        assert_eq!(call("PutJobSuccessResult", &job).status(), 200);
    }
    let misses = server.admin("misses");
    let causes: Vec<_> = misses["misses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["cause"])
        .collect();
    if early["__type"].is_string() {
        assert_eq!(causes, ["not yet in strict order"]);
    }
    (early, server.stop())
}

#[test]
fn strict_refuses_what_could_not_have_been_recorded() {
    // One after the other, said by `after` or left to the order in the file.
    for tape in [worker().text(), began_after([0, 1, 2])] {
        let (early, ended) = result_before_details(&tape, &["--order", "strict"]);
        assert_eq!(early["__type"], "PipetapeMissException");
        let message = early["message"].as_str().unwrap();
        assert!(
            message.contains("not yet in strict order: exchange 2 must come first"),
            "{message}"
        );
        ended.assert(
            4,
            &[
                "served 3, missed 1, unplayed 0",
                "exchange 2 must come first",
            ],
        );

        for keyed in [&[][..], &["--order", "keyed"]] {
            let (_, ended) = result_before_details(&tape, keyed);
            ended.assert(0, &["served 3, missed 0, unplayed 0"]);
        }
    }
}

#[test]
fn strict_allows_what_overlapped() {
    let tape = began_after([0, 1, 1]);
    let (_, ended) = result_before_details(&tape, &["--order", "strict"]);
    ended.assert(0, &["served 3, missed 0, unplayed 0"]);
}
