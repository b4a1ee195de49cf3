//! What a miss says, to the client and to the person behind it.

use serde_json::{Value, json};

use crate::support::client::Call;
use crate::support::message::Message;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::scan::Secrets;
use crate::support::tape_file::{JOB, Tape, acknowledge, two_answers};

/// Checks the form of a miss, and returns its message.
fn message(answer: &Message) -> String {
    assert_eq!(answer.status(), 400, "{}", answer.text());
    assert_eq!(answer.header("x-amzn-errortype"), None);
    assert_eq!(answer.header("date"), None);
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("application/x-amz-json-1.1")
    );
    let body = answer.json();
    let members: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["__type", "message"], "{body}");
    assert_eq!(body["__type"], "PipetapeMissException");
    let message = body["message"].as_str().unwrap().to_owned();
    assert!(
        !message.chars().any(|c| c.is_control() && c != '\n'),
        "control characters: {message:?}"
    );
    message
}

#[track_caller]
fn assert_says(message: &str, pieces: &[&str]) {
    for piece in pieces {
        assert!(message.contains(piece), "no `{piece}` in: {message}");
    }
}

#[test]
fn a_changed_member_is_named_with_both_values() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", two_answers().text());
    let server = sandbox.replay(&file, &[]);
    let said = message(&server.call("AcknowledgeJob", &acknowledge("2").to_string()));
    assert_says(
        &said,
        &[
            "AcknowledgeJob",
            "never recorded",
            "/nonce: recorded \"1\", got \"2\"",
        ],
    );
    assert!(!said.contains("/jobId"), "an equal member: {said}");

    // Missing and further members have a place, too.
    let said = message(&server.call("AcknowledgeJob", &json!({ "jobId": JOB }).to_string()));
    assert_says(&said, &["/nonce: recorded \"1\", got "]);
    let more = json!({ "jobId": JOB, "nonce": "1", "a/b~c": 1 }).to_string();
    let said = message(&server.call("AcknowledgeJob", &more));
    assert_says(&said, &["/a~1b~0c: ", "recorded", ", got 1"]);
    server.stop().assert(4, &["3"]);
}

#[test]
fn the_closest_exchange_is_named() {
    let sandbox = Sandbox::new();
    let mut tape = Tape::new("close");
    for (id, message) in [("a", "one"), ("b", "two"), ("c", "three")] {
        tape = tape.ok(
            "PutJobFailureResult",
            json!({
                "jobId": JOB,
                "failureDetails": { "type": "JobFailed", "message": message, "externalExecutionId": id }
            }),
            json!({}),
        );
    }
    let file = sandbox.write("tape.json", tape.text());
    let server = sandbox.replay(&file, &[]);
    let request = json!({
        "jobId": JOB,
        "failureDetails": { "type": "JobFailed", "message": "TWO", "externalExecutionId": "b" }
    });
    let said = message(&server.call("PutJobFailureResult", &request.to_string()));
    let closest = said.split("closest").nth(1).expect("the closest exchange");
    let seq: String = closest
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    assert_eq!(seq, "2", "{said}");
    assert_says(
        &said,
        &["/failureDetails/message: recorded \"two\", got \"TWO\""],
    );
    assert!(!said.contains("externalExecutionId: recorded"), "{said}");
    server.stop().assert(4, &[]);
}

#[test]
fn a_request_that_was_recorded_but_is_used_up_is_told_from_one_that_never_was() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", two_answers().text());
    let server = sandbox.replay(&file, &[]);
    let body = acknowledge("1").to_string();
    server.call("AcknowledgeJob", &body);
    server.call("AcknowledgeJob", &body);
    let said = message(&server.call("AcknowledgeJob", &body));
    assert_says(&said, &["AcknowledgeJob", "used up"]);
    assert!(!said.contains("never recorded"), "{said}");

    let said = message(&server.call("ListPipelines", "{}"));
    assert_says(&said, &["ListPipelines", "never recorded"]);
    // What later versions of the service add misses like everything else.
    let said = message(&server.call("InventPipeline", "{}"));
    assert_says(&said, &["InventPipeline"]);
    server.stop().assert(4, &["3"]);
}

#[test]
fn hostile_text_is_escaped_and_cut() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", two_answers().text());
    let server = sandbox.replay(&file, &[]);
    let long = "x".repeat(1 << 20);
    let many: serde_json::Map<String, Value> = (0..5000)
        .map(|n| (format!("member-{n}"), json!(n)))
        .collect();
    for body in [
        acknowledge("\u{1b}[31mred\u{7}\r\n\u{0}\u{9b}\u{202e}").to_string(),
        acknowledge(&long).to_string(),
        Value::Object(many).to_string(),
        "\u{1b}[2J not JSON".to_owned(),
        format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        String::new(),
        "null".to_owned(),
    ] {
        let said = message(&server.call("AcknowledgeJob", &body));
        assert!(said.len() < 16 * 1024, "{} bytes", said.len());
        assert_says(&said, &["AcknowledgeJob"]);
    }
    let listed = server.admin("misses");
    let list = listed["misses"].as_array().unwrap();
    assert_eq!(list.len(), 7, "{listed}");
    let text = listed.to_string();
    assert!(text.len() < 64 * 1024, "{} bytes", text.len());
    assert!(
        !text.contains(['\u{9b}', '\u{202e}']) && !text.contains(r"\u001b"),
        "{text}"
    );
    let ended = server.stop();
    ended.assert(4, &["missed 7", "missed: never recorded 7"]);
    assert!(
        !ended
            .stderr
            .contains(['\u{1b}', '\u{7}', '\u{0}', '\u{9b}']),
        "{ended}"
    );
    assert!(ended.stderr.len() < 200_000, "{}", ended.stderr.len());
}

#[test]
fn no_target_is_no_call_of_codepipeline() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", two_answers().text());
    let server = sandbox.replay(&file, &[]);
    let body = acknowledge("1").to_string();
    for call in [
        Call::new("AcknowledgeJob", body.clone()).without("x-amz-target"),
        Call::new("AcknowledgeJob", body.clone()).with("x-amz-target", ""),
        Call::new("AcknowledgeJob", body.clone()).with("x-amz-target", "AcknowledgeJob"),
        Call::new("AcknowledgeJob", body.clone())
            .with("x-amz-target", "DynamoDB_20120810.ListTables"),
    ] {
        let answer = call.send(server.address());
        assert!((400..500).contains(&answer.status()), "{}", answer.text());
        assert!(answer.json()["__type"].is_string(), "{}", answer.text());
    }
    // Nothing was used up by them.
    let answer = server.call("AcknowledgeJob", &body);
    assert_eq!(answer.json(), json!({ "status": "InProgress" }));
    server.stop().assert_calm();
}

#[test]
fn a_secret_in_the_request_is_not_in_the_miss() {
    const TOKEN: &str = "ct-planted-0123456789abcdef";
    const OTHER: &str = "ct-another-planted-fedcba98";
    let sandbox = Sandbox::new();
    let request = |token: &str, nonce: &str| {
        json!({ "jobId": "j", "nonce": nonce, "clientToken": token }).to_string()
    };
    let tape = Tape::new("third").ok(
        "AcknowledgeThirdPartyJob",
        json!({ "jobId": "j", "nonce": "1", "clientToken": "REDACTED-0a1b2" }),
        json!({ "status": "InProgress" }),
    );
    let file = sandbox.write("tape.json", tape.text());
    let mut command = sandbox.command(&["replay", &file, "--listen", "127.0.0.1:0"]);
    command.args(["--log", "trace"]);
    let server = Server::start(command);
    let secrets = Secrets::new(&[TOKEN, OTHER]);
    for body in [request(TOKEN, "1"), request(OTHER, "2")] {
        let answer = server.call("AcknowledgeThirdPartyJob", &body);
        assert_says(&message(&answer), &["/clientToken"]);
        secrets.assert_absent("a miss", &answer.raw());
    }
    for route in ["misses", "exchanges", "unplayed", "health"] {
        let shown = server.admin(route).to_string();
        secrets.assert_absent(route, shown.as_bytes());
    }
    let ended = server.stop();
    ended.assert(4, &[]);
    secrets.assert_absent("stderr", ended.stderr.as_bytes());
    secrets.assert_absent("stdout", ended.stdout.as_bytes());
}
