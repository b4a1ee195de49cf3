//! What reaches upstream is signed by pipetape and by nobody else. Checked from the bytes that arrived, with an
//! implementation that shares no code with the signer.

use std::time::{SystemTime, UNIX_EPOCH};

use pipetape_testkit::Authority;

use crate::support::answer::Answer;
use crate::support::captures;
use crate::support::client::{CLIENT_SIGNATURE, Call, exchange};
use crate::support::keys::{ACCESS_KEY, CLIENT_ACCESS_KEY, SECRET_KEY};
use crate::support::message::Message;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::scan::contains;
use crate::support::signature::{Signed, seconds, verify};
use crate::support::tape_file::{acknowledge, exchanges};
use crate::support::upstream::{Step, Upstream};
use crate::support::worker::Worker;

const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEPipetapesOwn//////////wEaCXVzLWVhc3QtMSJH+token==";
const CLIENT_TOKEN: &str = "IQoJb3JpZ2luX2VjETheWorkersOwn//////////wEaCXVzLWVhc3QtMSJH==";

fn upstream() -> Upstream {
    Upstream::always(Step::Answer(Answer::ok(r#"{"status":"InProgress"}"#)))
}

/// Checks the only request that came.
#[track_caller]
fn assert_signed(upstream: &Upstream, secret: &str) -> (Message, Signed) {
    let mut received = upstream.received();
    assert_eq!(received.len(), 1);
    let request = received.remove(0);
    let signed = verify(&request, secret).unwrap_or_else(|why| panic!("{why}"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    let off = now - seconds(&signed.date).unwrap();
    assert!((-5..120).contains(&off), "signed {off} s ago");
    assert_eq!(request.header("host"), Some(upstream.authority()));
    (request, signed)
}

#[test]
fn the_service_gets_our_signature_and_nothing_of_the_clients() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &[]);
    let call = Call::new("AcknowledgeJob", acknowledge("1").to_string())
        .with("X-Amz-Security-Token", CLIENT_TOKEN)
        .with("X-Amz-Content-SHA256", &"0".repeat(64))
        .with("Accept-Encoding", "gzip")
        .with("Proxy-Authorization", "Basic cGxhbnRlZA==")
        .with("Connection", "close, X-Hop")
        .with("X-Hop", "for this connection only");
    assert_eq!(call.send(server.address()).status(), 200);
    let (request, signed) = assert_signed(&upstream, SECRET_KEY);
    assert_eq!(signed.access_key, ACCESS_KEY);
    assert_eq!(signed.region, "us-east-1");
    assert_eq!(signed.service, "codepipeline");
    assert_eq!(signed.day, signed.date[..8]);
    for name in ["host", "content-type", "x-amz-date", "x-amz-target"] {
        assert!(signed.headers.contains(&name.to_owned()), "{name}");
    }
    for theirs in [
        CLIENT_ACCESS_KEY,
        CLIENT_SIGNATURE,
        CLIENT_TOKEN,
        "20261124T120000Z",
        "cGxhbnRlZA==",
        "X-Hop",
        "x-hop",
        &"0".repeat(64),
    ] {
        assert!(
            !contains(&request.raw(), theirs.as_bytes()),
            "{theirs} in {}",
            String::from_utf8_lossy(&request.head)
        );
    }
    assert_eq!(request.start_line(), "POST / HTTP/1.1");
    assert_eq!(
        request.header("accept-encoding").as_deref(),
        Some("identity")
    );
    assert_eq!(request.header("x-amz-security-token"), None);
    assert_eq!(request.body, acknowledge("1").to_string().into_bytes());
    server.stop_ok();
}

#[test]
fn a_session_token_is_signed_too() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let mut command = sandbox.command(&[
        "record",
        "t",
        "--upstream",
        &upstream.url(),
        "--listen",
        "127.0.0.1:0",
    ]);
    command.env("AWS_SESSION_TOKEN", SESSION_TOKEN);
    let server = Server::start(command);
    assert_eq!(server.call("AcknowledgeJob", "{}").status(), 200);
    let (request, signed) = assert_signed(&upstream, SECRET_KEY);
    assert_eq!(
        request.header("x-amz-security-token").as_deref(),
        Some(SESSION_TOKEN)
    );
    assert!(signed.headers.contains(&"x-amz-security-token".to_owned()));
    server.stop_ok();
}

#[test]
fn a_profile_and_a_region_of_ours_come_first() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("home/.aws")).unwrap();
    sandbox.write(
        "home/.aws/credentials",
        "[other]\naws_access_key_id = AKIAPROFILESOWNKEYID\naws_secret_access_key = profilesOwnSecret\n",
    );
    let upstream = upstream();
    let server = sandbox.record(
        "t",
        &upstream.url(),
        &["--profile", "other", "--region", "eu-west-3"],
    );
    assert_eq!(server.call("AcknowledgeJob", "{}").status(), 200);
    let (_, signed) = assert_signed(&upstream, "profilesOwnSecret");
    assert_eq!(signed.access_key, "AKIAPROFILESOWNKEYID");
    assert_eq!(signed.region, "eu-west-3");
    server.stop_ok();
}

#[test]
fn whatever_form_a_clients_request_has_its_new_signature_is_right() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &[]);
    let mut sent = Vec::new();
    for capture in captures::signed() {
        let answer = exchange(server.address(), &capture.bytes).unwrap();
        // These were on their way to the service itself: its name is a foreign host.
        if let Some("inside-connect" | "absolute-form") = capture.variant.as_deref() {
            assert_eq!(answer.status(), 403, "{}", capture.name);
            continue;
        }
        assert_eq!(answer.status(), 200, "{}: {}", capture.name, answer.text());
        sent.push(capture);
    }
    // White space, repeated headers and odd paths: all of it enters a signature.
    for call in [
        Call::new("AcknowledgeJob", "{}").with("X-Amz-Odd", "two  spaces\tand a tab  "),
        Call::new("AcknowledgeJob", "{}").path("/session/a b/%20?x=1&y=%2F"),
        Call::new("AcknowledgeJob", "").with("User-Agent", "\u{e9}"),
        Call::new("AcknowledgeJob", "{}")
            .with("X-Amz-Target", "CodePipeline_20150709.ListPipelines"),
    ] {
        let answer = call.send(server.address());
        // A path with a raw space is no HTTP.
        if answer.status() == 200 {
            continue;
        }
        assert_eq!(answer.status(), 400, "{}", answer.text());
    }
    let received = upstream.received();
    assert!(received.len() >= sent.len() + 3, "{}", received.len());
    for (index, request) in received.iter().enumerate() {
        let name = sent.get(index).map_or("odd", |capture| &capture.name);
        let signed = verify(request, SECRET_KEY).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(signed.access_key, ACCESS_KEY, "{name}");
        if let Some(capture) = sent.get(index) {
            assert_eq!(request.body, capture.body, "{name}");
        }
    }
    server.stop_ok();
}

#[test]
fn kept_signatures_pass_untouched() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &["--sign", "keep"]);
    Call::new("AcknowledgeJob", "{}").send(server.address());
    let request = &upstream.received()[0];
    let authorization = request.header("authorization").unwrap();
    assert!(authorization.contains(CLIENT_ACCESS_KEY), "{authorization}");
    assert!(authorization.contains(CLIENT_SIGNATURE), "{authorization}");
    assert_eq!(
        request.header("x-amz-date").as_deref(),
        Some("20261124T120000Z")
    );
    assert!(!contains(&request.raw(), ACCESS_KEY.as_bytes()));
    server.stop_ok();
}

#[test]
fn over_tls_the_certificate_has_to_be_from_the_ca_that_was_named() {
    let authority = Authority::for_host("localhost");
    let upstream = Upstream::start_tls(authority.server.clone(), |_, _| {
        Step::Answer(Answer::ok(r#"{"status":"InProgress"}"#))
    });
    let sandbox = Sandbox::new();
    let ca = sandbox.write("ca.pem", &authority.root);
    let server = sandbox.record("good", &upstream.url(), &["--upstream-ca", &ca]);
    let seen = Worker::new(&server.url()).acknowledge("j", "1");
    assert!(seen.contains("InProgress"), "{seen}");
    let (_, signed) = assert_signed(&upstream, SECRET_KEY);
    assert_eq!(signed.access_key, ACCESS_KEY);
    server.stop_ok();

    let wrong = sandbox.write("wrong.pem", &Authority::for_host("localhost").root);
    for (tape, more) in [
        ("wrong", &["--upstream-ca", wrong.as_str()][..]),
        ("none", &[]),
    ] {
        let server = sandbox.record(tape, &upstream.url(), more);
        let live = server.call("AcknowledgeJob", "{}");
        assert_eq!(live.status(), 502, "{tape}: {}", live.text());
        let server_ended = server.stop_ok();
        server_ended.assert_said(&["1"]);
        let kept = exchanges(&sandbox.export(tape));
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0]["fault"]["kind"], "tls", "{}", kept[0]);
        assert!(kept[0].get("response").is_none(), "{}", kept[0]);
        let replay = sandbox.replay(tape, &[]);
        assert_eq!(replay.call("AcknowledgeJob", "{}").raw(), live.raw());
        replay.stop_ok();
    }
    assert_eq!(upstream.received().len(), 1, "nobody else was spoken to");
}

#[test]
fn a_ca_file_that_is_none_is_refused_before_anything_is_made() {
    let sandbox = Sandbox::new();
    let no_pem = sandbox.write("no.pem", "not a certificate\n");
    for file in [no_pem, sandbox.arg("missing.pem")] {
        let ended = sandbox.run(&[
            "record",
            "t",
            "--upstream",
            "https://localhost:1",
            "--upstream-ca",
            &file,
            "--listen",
            "127.0.0.1:0",
        ]);
        assert!(matches!(ended.code, Some(1 | 2)), "{ended}");
        ended.assert_said(&[&file, "--upstream-ca"]);
        assert!(ended.stdout.is_empty(), "{ended}");
    }
}
