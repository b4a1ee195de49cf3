//! `--tunnel` and `--resolve` of a recording: where they lead, and how they are refused.

use std::io::{Read, Write};
use std::net::Shutdown;

use crate::support::answer::Answer;
use crate::support::client::Call;
use crate::support::proxied::ask_for;
use crate::support::sandbox::Sandbox;
use crate::support::upstream::{Step, Upstream, deserted_address};

#[test]
fn a_named_host_is_reached_unread_and_unrecorded() {
    let sandbox = Sandbox::new();
    let upstream = Upstream::always(Step::Answer(Answer::ok(r#"{"planted":"tunnelled-bytes"}"#)));
    let resolve = format!("api.example.test:443:{}", upstream.address());
    let server = sandbox.serve(&[
        "record",
        "t",
        "--intercept",
        "--tunnel",
        "*.example.test",
        "--resolve",
        &resolve,
        "--log",
        "trace",
    ]);
    let (answer, mut stream) = ask_for(server.address(), "api.example.test:443");
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let call = Call::new("AcknowledgeJob", "{\"planted\":\"tunnelled-bytes\"}");
    stream.write_all(&call.bytes(upstream.address())).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut came = String::new();
    stream.read_to_string(&mut came).unwrap();
    assert!(came.contains("tunnelled-bytes"), "{came}");
    let (answer, _stream) = ask_for(server.address(), "example.test:443");
    assert_eq!(answer.status(), 403);
    let ended = server.stop();
    ended.assert(
        0,
        &["recorded 0 exchanges on tape t (0 unrecorded, 1 refused)"],
    );
    assert!(!ended.stderr.contains("tunnelled-bytes"), "{ended}");
    // As it stood on the wire to upstream.
    assert_eq!(upstream.received()[0].operation(), "AcknowledgeJob");
}

#[test]
fn nobody_at_the_end_is_a_bad_gateway() {
    let sandbox = Sandbox::new();
    let resolve = format!("api.example.test:443:{}", deserted_address());
    let flags = ["record", "t", "--intercept", "--tunnel", "*", "--resolve"];
    let server = sandbox.serve(&[&flags[..], &[&resolve]].concat());
    let (answer, _stream) = ask_for(server.address(), "api.example.test:443");
    assert_eq!(answer.status(), 502, "{}", answer.text());
    let own = server.address().to_string();
    let (answer, _stream) = ask_for(server.address(), &own);
    assert_eq!(answer.status(), 403, "{}", answer.text());
    server.stop();
}

#[test]
fn flags_that_make_no_sense_leave_no_tape() {
    let sandbox = Sandbox::new();
    for (flags, says) in [
        (&["--tunnel", "example.com"][..], "--intercept"),
        (
            &["--intercept", "--tunnel", "https://example.com"],
            "not a host such as",
        ),
        (
            &["--intercept", "--tunnel", "example.com:443"],
            "not a host such as",
        ),
        (&["--resolve", "example.com:127.0.0.1"], "HOST:PORT:ADDR"),
        (
            &["--resolve", "example.com:443:localhost"],
            "the address is not valid",
        ),
    ] {
        let ended = sandbox.run(&[&["record", "t"], flags].concat());
        ended.assert(2, &[says]);
        assert!(!sandbox.store().exists(), "{flags:?}");
    }
    for args in [
        &["replay", "t", "--tunnel", "example.com"][..],
        &["emulate", "--tunnel", "example.com"],
        &["replay", "t", "--resolve", "example.com:443:127.0.0.1"],
    ] {
        sandbox.run(args).assert(2, &["unexpected argument"]);
    }
    let address = deserted_address().to_string();
    let resolve = format!("example.com:443:{address}");
    let ended = sandbox.run(&["record", "t", "--listen", &address, "--resolve", &resolve]);
    ended.assert(
        1,
        &["--resolve leads to the address that this recorder listens on"],
    );
    assert_eq!(sandbox.ok(&["list"]), "");
}
