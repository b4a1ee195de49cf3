//! A command run against the server: its environment, its signals, its exit code.

use std::collections::BTreeMap;
use std::process::Command;

use rustix::process::Signal;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::keys::{ACCESS_KEY, SECRET_KEY};
use crate::support::output::Ended;
use crate::support::program::{self, Server};
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{Tape, acknowledge, exchanges, two_answers};
use crate::support::upstream::{Step, Upstream};

/// A replay of [`two_answers`] around a shell script, with these variables set.
fn around(sandbox: &Sandbox, more: &[&str], script: &str, set: &[(&str, &str)]) -> Command {
    let file = sandbox.write("tape.json", two_answers().text());
    let mut command = sandbox.command(&["replay", &file]);
    command.args(more).args(["--", "sh", "-c", script]);
    for (name, value) in set {
        command.env(name, value);
    }
    command
}

fn run(more: &[&str], script: &str, set: &[(&str, &str)]) -> Ended {
    program::run(around(&Sandbox::new(), more, script, set))
}

/// The environment that `command` gives to what it wraps.
fn environment(command: Command) -> BTreeMap<String, String> {
    let ended = program::run(command);
    ended.assert(0, &["listening on http://127.0.0.1:"]);
    ended
        .stdout
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn replayed_environment(set: &[(&str, &str)]) -> BTreeMap<String, String> {
    environment(around(&Sandbox::new(), &[], "env", set))
}

fn recorded_environment(set: &[(&str, &str)]) -> BTreeMap<String, String> {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["record", "t", "--", "env"]);
    command.envs(set.iter().copied());
    environment(command)
}

#[test]
fn a_replayed_command_finds_the_server_and_no_credentials_of_ours() {
    let found = replayed_environment(&[
        ("AWS_PROFILE", "production"),
        ("AWS_SESSION_TOKEN", "planted-session-token"),
        ("KEPT", "as it was"),
    ]);
    let endpoint = &found["AWS_ENDPOINT_URL_CODEPIPELINE"];
    assert!(
        endpoint.starts_with("http://127.0.0.1:") && !endpoint.ends_with(":0"),
        "{endpoint}"
    );
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        let value = &found[name];
        assert!(!value.is_empty(), "{name}");
        assert!(value != ACCESS_KEY && value != SECRET_KEY, "{name}");
    }
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN"] {
        assert!(!found.contains_key(name), "{name}");
    }
    assert_eq!(found["KEPT"], "as it was");
    assert!(
        !found.contains_key("AWS_ENDPOINT_URL"),
        "other services stay where they are"
    );
    assert!(!found.contains_key("HTTPS_PROXY"));
}

#[test]
fn a_recorded_command_keeps_its_credentials() {
    let found = recorded_environment(&[("AWS_SESSION_TOKEN", "a-session-token")]);
    assert!(found["AWS_ENDPOINT_URL_CODEPIPELINE"].starts_with("http://127.0.0.1:"));
    assert_eq!(found["AWS_ACCESS_KEY_ID"], ACCESS_KEY);
    assert_eq!(found["AWS_SECRET_ACCESS_KEY"], SECRET_KEY);
    assert_eq!(found["AWS_SESSION_TOKEN"], "a-session-token");
}

#[test]
fn a_region_is_set_where_there_is_none() {
    for found in [replayed_environment(&[]), recorded_environment(&[])] {
        assert!(!found["AWS_REGION"].is_empty());
        assert_eq!(found["AWS_REGION"], found["AWS_DEFAULT_REGION"]);
    }
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        for set in [&[(name, "eu-west-3")][..]] {
            for found in [replayed_environment(set), recorded_environment(set)] {
                assert_eq!(found[name], "eu-west-3");
                let other = if name == "AWS_REGION" {
                    "AWS_DEFAULT_REGION"
                } else {
                    "AWS_REGION"
                };
                assert_ne!(
                    found.get(other).map(String::as_str),
                    Some("us-east-1"),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn loopback_is_reached_without_a_proxy() {
    for (set, kept) in [
        (&[][..], &[][..]),
        (
            &[("NO_PROXY", "internal.test,10.0.0.0/8")],
            &["internal.test", "10.0.0.0/8"],
        ),
        (&[("no_proxy", "internal.test")], &["internal.test"]),
        (&[("HTTP_PROXY", "http://proxy.test:3128")], &[]),
    ] {
        for found in [replayed_environment(set), recorded_environment(set)] {
            for name in ["NO_PROXY", "no_proxy"] {
                let exceptions: Vec<&str> = found[name].split(',').map(str::trim).collect();
                assert!(exceptions.contains(&"127.0.0.1"), "{name}: {exceptions:?}");
                assert!(exceptions.contains(&"localhost"), "{name}: {exceptions:?}");
                for host in kept {
                    assert!(exceptions.contains(host), "{name}: {exceptions:?}");
                }
            }
        }
    }
}

#[test]
fn an_endpoint_that_was_set_before_is_replaced() {
    let found = replayed_environment(&[
        ("AWS_ENDPOINT_URL_CODEPIPELINE", "http://127.0.0.1:1"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
    ]);
    assert_ne!(found["AWS_ENDPOINT_URL_CODEPIPELINE"], "http://127.0.0.1:1");
    assert_ne!(
        found
            .get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .map(String::as_str),
        Some("true")
    );
}

#[test]
fn the_exit_code_is_the_commands() {
    for code in [0, 1, 2, 7, 255] {
        run(&[], &format!("exit {code}"), &[]).assert(code, &[]);
    }
    // As shells tell it.
    run(&[], "kill -TERM $$", &[]).assert(143, &[]);
    let sandbox = Sandbox::new();
    let ended = sandbox.run(&["record", "t", "--", "sh", "-c", "exit 9"]);
    ended.assert(9, &[]);
    assert!(
        exchanges(&sandbox.export("t")).is_empty(),
        "finished all the same"
    );
}

/// A client in shell: what a wrapped command says, it says with curl.
fn call(nonce: &str) -> String {
    format!(
        "curl --silent --show-error --max-time 20 \"$AWS_ENDPOINT_URL_CODEPIPELINE\" \
         -H 'X-Amz-Target: CodePipeline_20150709.AcknowledgeJob' \
         -H 'Content-Type: application/x-amz-json-1.1' -d '{}'",
        acknowledge(nonce)
    )
}

#[test]
fn misses_and_strictness_turn_a_success_into_4() {
    let hit = call("1");
    let miss = call("2");
    run(&[], &hit, &[]).assert(0, &[]);
    run(&[], &miss, &[]).assert(4, &["AcknowledgeJob"]);
    run(&[], &format!("{miss}; exit 3"), &[]).assert(3, &[]);
    // Two exchanges are left.
    run(&["--strict"], &hit, &[]).assert(4, &["2", "unplayed"]);
    run(&["--strict"], &format!("{hit}; exit 5"), &[]).assert(5, &[]);

    let sandbox = Sandbox::new();
    let tape = Tape::new("one").ok("AcknowledgeJob", acknowledge("1"), json!({}));
    let file = sandbox.write("one.json", tape.text());
    sandbox
        .run(&["replay", &file, "--strict", "--", "sh", "-c", &hit])
        .assert(0, &[]);
}

#[test]
fn stdout_is_the_commands_alone() {
    let ended = run(&[], &format!("{}; echo; echo its own line", call("1")), &[]);
    ended.assert(0, &["listening on http://127.0.0.1:"]);
    assert_eq!(ended.stdout, "{\"status\":\"InProgress\"}\nits own line\n");
    let ended = run(&[], "echo to stderr >&2; cat", &[]);
    ended.assert(0, &["to stderr"]);
    assert!(ended.stdout.is_empty(), "{ended}");
}

#[test]
fn a_recorded_command_is_recorded() {
    let sandbox = Sandbox::new();
    let upstream = Upstream::always(Step::Answer(Answer::ok(r#"{"status":"InProgress"}"#)));
    let signed = call("1").replace(
        " -H 'X-Amz-Target",
        " -H 'Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/codepipeline/aws4_request, SignedHeaders=host;x-amz-date, Signature=0' -H 'X-Amz-Target",
    );
    let args = [
        "record",
        "t",
        "--upstream",
        &upstream.url(),
        "--",
        "sh",
        "-c",
        &signed,
    ];
    let ended = sandbox.run(&args);
    ended.assert(0, &["1"]);
    assert_eq!(ended.stdout, r#"{"status":"InProgress"}"#);
    assert_eq!(exchanges(&sandbox.export("t")).len(), 1);
}

#[test]
fn signals_are_passed_on() {
    for (signal, name) in [(Signal::TERM, "TERM"), (Signal::HUP, "HUP")] {
        let sandbox = Sandbox::new();
        let script = format!(
            "trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.02; done"
        );
        let mut server = Server::start_wrapping(around(&sandbox, &[], &script, &[]));
        assert!(server.running().stdout().line_with("ready").is_some());
        server.running().signal(signal);
        let ended = server.wait();
        ended.assert(9, &[]);
        assert_eq!(ended.stdout, format!("ready\ngot {name}\n"), "{ended}");
    }
}

#[test]
fn a_command_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", two_answers().text());
    let ended = sandbox.run(&["replay", &file, "--", "no-such-command-here", "x"]);
    // As shells tell it.
    ended.assert(127, &["no-such-command-here"]);
    let plain = sandbox.write("plain", "not executable");
    sandbox
        .run(&["replay", &file, "--", &plain])
        .assert(126, &["plain"]);
    let ended = sandbox.run(&["record", "t", "--", "no-such-command-here"]);
    ended.assert(127, &["no-such-command-here"]);
}
