//! A recorder that finds no credentials: the client is told, and nothing leaves.

use std::net::TcpListener;
use std::process::Command;

use crate::support::answer::Answer;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, exchanges};
use crate::support::upstream::{Step, Upstream};

fn upstream() -> Upstream {
    Upstream::always(Step::Answer(Answer::ok(r#"{"status":"InProgress"}"#)))
}

/// The recorder with no credentials anywhere.
fn without_credentials(sandbox: &Sandbox, args: &[&str]) -> Command {
    let mut command = sandbox.command(args);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env_remove("HOME");
    command
}

#[test]
fn without_credentials_the_client_is_told_what_was_tried() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let args = [
        "record",
        "t",
        "--upstream",
        &upstream.url(),
        "--listen",
        "127.0.0.1:0",
    ];
    let server = Server::start(without_credentials(&sandbox, &args));
    for _ in 0..2 {
        let answer = server.call("AcknowledgeJob", &acknowledge("1").to_string());
        assert_eq!(answer.status(), 400, "{}", answer.text());
        let body = answer.json();
        let code = body["__type"].as_str().unwrap();
        assert!(code.starts_with("Pipetape"), "{body}");
        let said = body["message"].as_str().unwrap().to_lowercase();
        for tried in ["credentials", "environment", "profile"] {
            assert!(said.contains(tried), "no `{tried}`: {said}");
        }
    }
    assert!(upstream.received().is_empty());
    server.stop_ok();
    assert!(exchanges(&sandbox.export("t")).is_empty());
}

#[test]
fn a_profile_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let args = [
        "record",
        "t",
        "--upstream",
        &upstream.url(),
        "--profile",
        "no-such-profile",
        "--listen",
        "127.0.0.1:0",
    ];
    let server = Server::start(without_credentials(&sandbox, &args));
    let answer = server.call("AcknowledgeJob", "{}");
    assert_eq!(answer.status(), 400);
    assert!(
        answer.text().contains("no-such-profile"),
        "{}",
        answer.text()
    );
    assert!(upstream.received().is_empty());
    server.stop_ok();
}

#[test]
fn credentials_are_not_asked_of_ourselves() {
    // An endpoint variable for every service that points back at the recorder: a credential call that followed it would
    // come in as a request, or hang.
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    sandbox.write("token", "not a real token");
    let args = [
        "record",
        "t",
        "--upstream",
        &upstream.url(),
        "--listen",
        &address,
    ];
    let mut command = without_credentials(&sandbox, &args);
    command
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("AWS_ENDPOINT_URL_STS", format!("http://{address}"))
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", sandbox.path("token"))
        .env("AWS_ROLE_ARN", "arn:aws:iam::210987654321:role/worker")
        .env("AWS_REGION", "us-east-1")
        // Nothing leaves this machine from a test.
        .env("HTTPS_PROXY", "http://127.0.0.1:9");
    let server = Server::start(command);
    let answer = server.call("AcknowledgeJob", "{}");
    assert_eq!(answer.status(), 400, "{}", answer.text());
    assert!(upstream.received().is_empty());
    let ended = server.stop_ok();
    // One request came in: the client's own.
    ended.assert_said(&["1 refused"]);
}
