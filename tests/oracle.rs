//! Signing for others makes a recorder a credential oracle: what it refuses to sign and forward.

use crate::support::answer::Answer;
use crate::support::client::{Call, exchange};
use crate::support::message::Message;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, exchanges};
use crate::support::upstream::{Step, Upstream};

fn call() -> Call {
    Call::new("AcknowledgeJob", acknowledge("1").to_string())
}

fn record(sandbox: &Sandbox) -> (Upstream, Server) {
    let upstream = Upstream::always(Step::Answer(Answer::ok("{}")));
    let server = sandbox.record("t", &upstream.url(), &[]);
    (upstream, server)
}

/// A refusal in the shape that AWS clients read, which no SDK tries again.
#[track_caller]
fn assert_refused(what: &str, answer: &Message) {
    assert!(
        (400..500).contains(&answer.status()) && answer.status() != 429,
        "{what}: {} {}",
        answer.status(),
        answer.text()
    );
    let body = answer.json();
    assert!(body["__type"].is_string(), "{what}: {body}");
    assert!(body["message"].is_string(), "{what}: {body}");
}

/// Nothing was forwarded and nothing is on the tape, but the recorder still works.
#[track_caller]
fn assert_nothing_came_of_it(sandbox: &Sandbox, upstream: &Upstream, server: Server) {
    assert_eq!(upstream.received().len(), 0, "forwarded");
    assert_eq!(call().send(server.address()).status(), 200);
    server.stop_ok();
    assert_eq!(exchanges(&sandbox.export("t")).len(), 1);
}

#[test]
fn a_foreign_host_is_refused() {
    let sandbox = Sandbox::new();
    let (upstream, server) = record(&sandbox);
    for host in [
        "codepipeline.us-east-1.amazonaws.com",
        "example.com",
        "localhost.example.com",
        "127.0.0.1.nip.io:80",
        "10.0.0.1",
        "0.0.0.0",
        "localhost@example.com",
        "",
    ] {
        let answer = call().host(host).send(server.address());
        // A host that is none is HTTP's business: then there may be no body.
        if answer.status() == 400 && answer.body.is_empty() {
            continue;
        }
        assert_refused(host, &answer);
    }
    assert_nothing_came_of_it(&sandbox, &upstream, server);
}

#[test]
fn an_absolute_target_says_the_host_and_two_hosts_say_none() {
    let sandbox = Sandbox::new();
    let (upstream, server) = record(&sandbox);
    let bytes = String::from_utf8(call().bytes(server.address())).unwrap();
    for changed in [
        bytes.replace("POST / ", "POST http://example.com/ "),
        bytes.replace("\r\nHost: ", "\r\nHost: example.com\r\nHost: "),
    ] {
        assert_ne!(changed, bytes);
        let answer = exchange(server.address(), changed.as_bytes()).unwrap();
        assert!((400..500).contains(&answer.status()), "{}", answer.text());
    }
    assert_nothing_came_of_it(&sandbox, &upstream, server);
}

#[test]
fn loopback_by_any_name_is_no_foreign_host() {
    let sandbox = Sandbox::new();
    let (upstream, server) = record(&sandbox);
    for host in ["localhost", "LOCALHOST:4577", "127.0.0.1", "[::1]:4577"] {
        let answer = call().host(host).send(server.address());
        assert_eq!(answer.status(), 200, "{host}");
    }
    assert_eq!(upstream.received().len(), 4);
    server.stop_ok();
}

#[test]
fn only_calls_of_codepipeline_are_signed() {
    let sandbox = Sandbox::new();
    let (upstream, server) = record(&sandbox);
    for target in [
        "",
        "AcknowledgeJob",
        "DynamoDB_20120810.ListTables",
        "CodePipeline_20150710.AcknowledgeJob",
        "codepipeline_20150709.AcknowledgeJob",
        "CodePipeline_20150709.",
        "CodePipeline_20150709.Acknowledge Job",
        "CodePipeline_20150709.A/../B",
        "XCodePipeline_20150709.AcknowledgeJob",
    ] {
        let answer = call().with("x-amz-target", target).send(server.address());
        assert_refused(target, &answer);
    }
    assert_refused(
        "no target",
        &call().without("x-amz-target").send(server.address()),
    );
    let bytes = String::from_utf8(call().bytes(server.address())).unwrap();
    let twice = bytes.replace(
        "\r\nX-Amz-Target",
        "\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\nX-Amz-Target",
    );
    assert_ne!(twice, bytes);
    let answer = exchange(server.address(), twice.as_bytes()).unwrap();
    assert_refused("two targets", &answer);
    let answer = Call::plain("GET", "/").send(server.address());
    assert_refused("a page", &answer);
    assert_nothing_came_of_it(&sandbox, &upstream, server);
}

#[test]
fn an_operation_of_a_later_version_is_recorded_like_any() {
    let sandbox = Sandbox::new();
    let (upstream, server) = record(&sandbox);
    assert_eq!(server.call("InventPipeline", "{}").status(), 200);
    assert_eq!(upstream.received()[0].operation(), "InventPipeline");
    server.stop_ok();
    assert_eq!(
        exchanges(&sandbox.export("t"))[0]["operation"],
        "InventPipeline"
    );
}

#[test]
fn plain_http_leaves_this_machine_for_no_upstream() {
    let sandbox = Sandbox::new();
    for url in [
        "http://codepipeline.us-east-1.amazonaws.com",
        "http://10.0.0.1:8080",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
    ] {
        let ended = sandbox.run(&["record", "t", "--upstream", url, "--listen", "127.0.0.1:0"]);
        ended.assert(2, &["--upstream"]);
        assert!(ended.stdout.is_empty(), "{ended}");
    }
    for url in [
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "https://",
        "https://user:secret-planted@example.com",
        "https://example.com/path?query",
    ] {
        let ended = sandbox.run(&["record", "t", "--upstream", url, "--listen", "127.0.0.1:0"]);
        ended.assert(2, &["--upstream"]);
        assert!(!ended.stderr.contains("secret-planted"), "{ended}");
    }
    assert!(!sandbox.store().exists(), "nothing was made");
}

#[test]
fn no_part_of_a_credential_becomes_a_host_name() {
    let sandbox = Sandbox::new();
    // Without --upstream: the scope alone says where to go.
    let server = sandbox.serve(&["record", "t"]);
    for region in [
        "evil.example.com",
        "us-east-1.evil.example.com",
        "us-east-1@evil.example.com",
        "127.0.0.1:1",
        "..",
        "us-east-1#",
        "US-EAST-1",
        "x",
        "",
    ] {
        for service in ["codepipeline", "codepipeline.evil.example.com"] {
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential=X/20260101/{region}/{service}/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature=00"
            );
            let answer = call()
                .with("Authorization", &authorization)
                .send(server.address());
            assert_refused(region, &answer);
            assert!(!answer.text().contains("evil"), "{}", answer.text());
        }
    }
    for authorization in [
        "",
        "Basic eDp5",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=X",
    ] {
        let answer = call()
            .with("Authorization", authorization)
            .send(server.address());
        assert_refused(authorization, &answer);
    }
    assert_refused(
        "no authorization",
        &call().without("authorization").send(server.address()),
    );
    server.stop_ok();
    assert!(exchanges(&sandbox.export("t")).is_empty());
}

#[test]
fn an_address_beyond_loopback_has_to_be_asked_for() {
    let sandbox = Sandbox::new();
    for command in [&["record", "t"][..], &["replay", "t"]] {
        let args = [command, &["--listen", "0.0.0.0:0"]].concat();
        sandbox.run(&args).assert(2, &["--allow-remote"]);
    }
    assert!(!sandbox.store().exists(), "nothing was made");
    let server = sandbox.serve(&["record", "t", "--listen", "0.0.0.0:0", "--allow-remote"]);
    server.stop_ok();
}
