//! Clients that misbehave, and surroundings that are not as they should be.

use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::thread;

use serde_json::json;

use crate::support::answer::Answer;
use crate::support::client::{Call, connect};
use crate::support::message::{Side, Wire};
use crate::support::program::{self, Server};
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, exchanges, two_answers};
use crate::support::upstream::{Step, Upstream};

const MIB: usize = 1024 * 1024;

fn upstream() -> Upstream {
    Upstream::always(Step::Answer(Answer::ok(r#"{"status":"InProgress"}"#)))
}

/// An acknowledgement whose body has that many bytes.
fn call_of(size: usize) -> Call {
    let frame = acknowledge("").to_string().len();
    Call::new(
        "AcknowledgeJob",
        acknowledge(&"x".repeat(size - frame)).to_string(),
    )
}

#[test]
fn malformed_json_is_the_services_to_judge_and_replays_by_its_bytes() {
    let bad = [
        "{\"jobId\": ",
        "not JSON at all",
        "",
        "[1, 2",
        "{\"a\":1,\"a\":2}",
        "\u{feff}{}",
        "{\"nonce\":\"\\ud800\"}",
    ];
    let upstream = Upstream::start(|request, index| {
        let body = format!(
            r#"{{"__type":"SerializationException","index":{index},"length":{}}}"#,
            request.body.len()
        );
        Step::Answer(Answer::json(400, body))
    });
    let sandbox = Sandbox::new();
    let server = sandbox.record("t", &upstream.url(), &[]);
    for (index, body) in bad.iter().enumerate() {
        let answer = server.call("AcknowledgeJob", body);
        assert_eq!(answer.json()["index"], index, "{body}");
        assert_eq!(
            upstream.received()[index].body,
            body.as_bytes(),
            "untouched"
        );
    }
    let no_text = Call::new("AcknowledgeJob", b"\xff\xfe\x00".to_vec()).send(server.address());
    assert_eq!(no_text.json()["length"], 3);
    server.stop_ok();
    let exported = sandbox.export("t");
    // Not parsed: half a surrogate pair is JSON by its grammar, and this test's own parser does not take it.
    assert_eq!(exported.matches("\"seq\": ").count(), bad.len() + 1);

    let file = sandbox.write("t.tape.json", &exported);
    for source in ["t", &file] {
        let server = sandbox.replay(source, &[]);
        for (index, body) in bad.iter().enumerate().rev() {
            let answer = server.call("AcknowledgeJob", body);
            assert_eq!(answer.json()["index"], index, "{body}");
        }
        let answer = Call::new("AcknowledgeJob", b"\xff\xfe\x00".to_vec()).send(server.address());
        assert_eq!(answer.json()["length"], 3);
        // Bytes count here: another spelling of no JSON is another request.
        for other in [
            "{\"jobId\":",
            "{\"a\":2,\"a\":1}",
            "{\"a\":2}",
            "not  JSON at all",
        ] {
            let answer = server.call("AcknowledgeJob", other);
            assert_eq!(answer.json()["__type"], "PipetapeMissException", "{other}");
        }
        server.stop().assert(4, &["4"]);
    }
}

#[test]
fn a_body_of_20_mb_is_too_large_and_the_server_goes_on() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let recorder = sandbox.record("t", &upstream.url(), &[]);
    let file = sandbox.write("two.json", two_answers().text());
    let replay = sandbox.replay(&file, &[]);
    for server in [&recorder, &replay] {
        let answer = call_of(20 * MIB).send(server.address());
        assert_eq!(answer.status(), 413, "{}", answer.text());
        assert!(answer.json()["__type"].is_string(), "{}", answer.text());
        assert!(answer.json()["message"].is_string(), "{}", answer.text());
        let answer = server.call("AcknowledgeJob", &acknowledge("1").to_string());
        assert_eq!(answer.json(), json!({ "status": "InProgress" }));
    }
    assert_eq!(
        upstream.received().len(),
        1,
        "the large one was not forwarded"
    );
    // Not a miss: it never was a request.
    replay.stop_ok();
    recorder.stop_ok();
    assert_eq!(exchanges(&sandbox.export("t")).len(), 1);
}

#[test]
fn large_bodies_within_the_limit_are_kept() {
    let sandbox = Sandbox::new();
    let large = format!(
        r#"{{"status":"InProgress","padding":"{}"}}"#,
        "y".repeat(5 * MIB)
    );
    let upstream = Upstream::always(Step::Answer(Answer::ok(large.clone())));
    let server = sandbox.record("t", &upstream.url(), &[]);
    let call = call_of(5 * MIB);
    assert!(call.send(server.address()).text() == large);
    server.stop_ok();
    let server = sandbox.replay("t", &["--strict"]);
    assert!(call.send(server.address()).text() == large);
    server.stop_ok();
}

#[test]
fn the_limit_is_the_flags() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &["--max-body", "1KiB"]);
    assert_eq!(call_of(1024).send(server.address()).status(), 200);
    assert_eq!(call_of(1025).send(server.address()).status(), 413);
    server.stop_ok();
    assert_eq!(exchanges(&sandbox.export("t")).len(), 1);
    for wrong in ["", "much", "-1", "1XiB"] {
        let flag = format!("--max-body={wrong}");
        sandbox
            .run(&["replay", "t", &flag])
            .assert(2, &["--max-body"]);
    }
}

#[test]
fn an_answer_beyond_the_limit_is_given_as_an_error_and_kept_as_one() {
    let sandbox = Sandbox::new();
    let upstream = Upstream::always(Step::Answer(Answer::ok("x".repeat(5000))));
    let server = sandbox.record("t", &upstream.url(), &["--max-body", "4KiB"]);
    let live = server.call("AcknowledgeJob", "{}");
    assert_eq!(live.status(), 502, "{}", live.text());
    server.stop_ok();
    let server = sandbox.replay("t", &[]);
    assert_eq!(server.call("AcknowledgeJob", "{}").raw(), live.raw());
    server.stop_ok();
}

#[test]
fn clients_that_stop_half_way_harm_nobody() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let recorder = sandbox.record("t", &upstream.url(), &[]);
    let file = sandbox.write("two.json", two_answers().text());
    let replay = sandbox.replay(&file, &[]);
    // Beside each other: a stop waits for what is in flight, for a while.
    thread::scope(|scope| {
        for server in [recorder, replay] {
            scope.spawn(move || stop_half_way(server));
        }
    });
    assert_eq!(upstream.received().len(), 1);
    assert_eq!(exchanges(&sandbox.export("t")).len(), 1);
}

/// Sends parts of a request on many connections, goes away on half of them, then makes one call and stops the server.
fn stop_half_way(server: Server) {
    let whole = Call::new("AcknowledgeJob", acknowledge("1").to_string()).bytes(server.address());
    let mut silent = Vec::new();
    for end in [0, 1, 20, whole.len() / 2, whole.len() - 30, whole.len() - 1] {
        for gone in [true, false] {
            let mut stream = connect(server.address()).unwrap();
            stream.write_all(&whole[..end]).unwrap();
            if gone {
                stream.shutdown(Shutdown::Both).unwrap();
            } else {
                silent.push(stream);
            }
        }
    }
    let answer = server.call("AcknowledgeJob", &acknowledge("1").to_string());
    assert_eq!(answer.json(), json!({ "status": "InProgress" }));
    // Those that are still connected and say nothing do not keep it from stopping.
    server.stop_ok();
    drop(silent);
}

#[test]
fn a_client_that_goes_away_before_its_answer_is_recorded_all_the_same() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &[]);
    let bytes = Call::new("AcknowledgeJob", "{}").bytes(server.address());
    let mut stream = connect(server.address()).unwrap();
    stream.write_all(&bytes).unwrap();
    upstream.wait_for(1);
    drop(stream);
    server.stop_ok();
    let kept = exchanges(&sandbox.export("t"));
    assert_eq!(kept.len(), 1, "upstream acted on it");
}

#[test]
fn what_is_no_http_gets_no_panic() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("two.json", two_answers().text());
    let server = sandbox.replay(&file, &[]);
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"CONNECT codepipeline.us-east-1.amazonaws.com:443 HTTP/1.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut stream = connect(server.address()).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut wire = Wire::new(&stream);
        let answer = wire.message(Side::Response).unwrap();
        let status = answer.map_or(0, |answer| answer.status());
        assert!(status == 0 || (400..600).contains(&status), "{status}");
    }
    let answer = server.call("AcknowledgeJob", &acknowledge("1").to_string());
    assert_eq!(answer.status(), 200);
    server.stop().assert_calm();
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &[]);
    server.call("AcknowledgeJob", &acknowledge("1").to_string());
    server.stop_ok();
    let before = sandbox.export("t");
    for args in [
        &["replay", "t"][..],
        &["record", "t", "--mode", "append"],
        &["record", "t", "--mode", "overwrite"],
        &["record", "new"],
    ] {
        let args = [args, &["--listen", &address]].concat();
        let ended = sandbox.run(&args);
        ended.assert(1, &[&address]);
        assert!(ended.stdout.is_empty(), "{ended}");
    }
    assert_eq!(sandbox.export("t"), before);
    assert!(!sandbox.ok(&["list"]).contains("new"), "no tape was begun");
    for wrong in ["127.0.0.1", "localhost:x", "127.0.0.1:65536", ""] {
        sandbox
            .run(&["replay", "t", "--listen", wrong])
            .assert(2, &["--listen"]);
    }
}

#[test]
fn wrong_usage_is_2() {
    let sandbox = Sandbox::new();
    for args in [
        &[][..],
        &["rewind"],
        &["record"],
        &["replay"],
        &["replay", "t", "--no-such-flag"],
        &["show"],
        &["show", "t", "first"],
        &["export"],
        &["import"],
        &["delete"],
        &["record", "t", "--mode", "sideways"],
        &["record", "t", "--redact", "no-pointer"],
        &["record", "t", "--region", "evil.example.com"],
    ] {
        let ended = program::run(sandbox.command(args));
        assert_eq!(ended.code, Some(2), "{args:?}: {ended}");
        assert!(ended.stdout.is_empty(), "{args:?}: {ended}");
        ended.assert_calm();
    }
    assert!(!sandbox.store().exists());
    let help = sandbox.ok(&["--help"]);
    for command in [
        "record", "replay", "list", "show", "export", "import", "delete",
    ] {
        assert!(help.contains(command), "{help}");
        assert!(
            sandbox.ok(&[command, "--help"]).contains("Usage"),
            "{command}"
        );
    }
    assert!(sandbox.ok(&["--version"]).starts_with("pipetape "));
}
