//! Connections that stay, calls that overlap, and a stop that finishes what is in flight.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::client::{Call, connect};
use crate::support::message::{Message, Side, Wire};
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{Tape, acknowledge, exchanges};
use crate::support::upstream::{Step, Upstream};

const SLOW: Duration = Duration::from_millis(400);

/// Answers an acknowledgement of nonce `slow` late, all others at once.
fn upstream() -> Upstream {
    Upstream::start(|request, _| {
        let nonce = request.json()["nonce"].clone();
        let answer = Step::Answer(Answer::ok(json!({ "status": nonce }).to_string()));
        if nonce == "slow" {
            Step::After(SLOW, Box::new(answer))
        } else {
            answer
        }
    })
}

fn call(nonce: &str) -> Call {
    Call::new("AcknowledgeJob", acknowledge(nonce).to_string())
}

/// One call on a connection that stays open.
fn on(wire: &mut Wire<TcpStream>, nonce: &str) -> Message {
    let address = wire.stream().peer_addr().unwrap();
    let bytes = call(nonce).without("connection").bytes(address);
    wire.stream().write_all(&bytes).unwrap();
    wire.message(Side::Response).unwrap().expect("an answer")
}

#[test]
fn a_stop_finishes_what_is_in_flight() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    for (tape, signal) in [("term", Signal::TERM), ("int", Signal::INT)] {
        let before = upstream.received().len();
        let mut server = sandbox.record(tape, &upstream.url(), &[]);
        let address = server.address();
        let answer = thread::scope(|scope| {
            let client = scope.spawn(|| call("slow").send(address));
            upstream.wait_for(before + 1);
            server.running().signal(signal);
            client.join().unwrap()
        });
        assert_eq!(answer.json(), json!({ "status": "slow" }));
        let ended = server.wait();
        ended.assert(0, &["1"]);
        assert!(connect(address).is_err(), "nobody listens any more");
        let kept = exchanges(&sandbox.export(tape));
        assert_eq!(kept.len(), 1);
        assert!(kept[0]["latencyMs"].as_u64().unwrap() >= 400, "{}", kept[0]);
    }
}

#[test]
fn numbers_follow_completion_and_after_tells_what_was_kept_before() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &[]);
    let address = server.address();
    thread::scope(|scope| {
        let slow = scope.spawn(|| call("slow").send(address));
        upstream.wait_for(1);
        // Begun later, ended earlier.
        call("quick").send(address);
        slow.join().unwrap();
    });
    call("last").send(address);
    server.stop_ok();
    let exported = sandbox.export("t");
    let found: Vec<(u64, u64, String)> = exchanges(&exported)
        .iter()
        .map(|exchange| {
            let nonce = exchange["request"]["body"]["nonce"].as_str().unwrap();
            let number = |name: &str| exchange[name].as_u64().unwrap();
            (number("seq"), number("after"), nonce.to_owned())
        })
        .collect();
    let [quick, slow, last] = found.as_slice() else {
        panic!("{exported}");
    };
    assert_eq!((quick.1, quick.2.as_str()), (0, "quick"));
    assert_eq!((slow.1, slow.2.as_str()), (0, "slow"));
    assert_eq!((last.1, last.2.as_str()), (slow.0, "last"));
}

#[test]
fn one_connection_carries_many_calls_and_an_idle_one_holds_up_no_stop() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &[]);
    let mut wire = Wire::new(connect(server.address()).unwrap());
    for nonce in ["1", "2", "3"] {
        assert_eq!(on(&mut wire, nonce).json(), json!({ "status": nonce }));
    }
    let began = Instant::now();
    server.stop_ok();
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );

    let server = sandbox.replay("t", &["--strict"]);
    let mut wire = Wire::new(connect(server.address()).unwrap());
    for nonce in ["3", "1", "2"] {
        assert_eq!(on(&mut wire, nonce).json(), json!({ "status": nonce }));
    }
    // A miss leaves the connection open, too.
    assert_eq!(on(&mut wire, "4").status(), 400);
    assert_eq!(on(&mut wire, "5").status(), 400);
    let began = Instant::now();
    server.stop().assert(4, &[]);
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_cut_answer_ends_its_connection_and_no_other() {
    let body = r#"{"status":"InProgress"}"#;
    let upstream = Upstream::script([
        Step::Answer(Answer::ok(body)),
        Step::Cut(Answer::ok(body), 5),
        Step::Answer(Answer::ok(body)),
    ]);
    let sandbox = Sandbox::new();
    let server = sandbox.record("t", &upstream.url(), &[]);
    let mut other = Wire::new(connect(server.address()).unwrap());
    assert_eq!(on(&mut other, "1").status(), 200);
    let mut wire = Wire::new(connect(server.address()).unwrap());
    let cut = on(&mut wire, "2");
    assert!(cut.cut);
    assert_eq!(cut.text(), body[..5]);
    assert!(wire.message(Side::Response).unwrap().is_none(), "closed");
    assert_eq!(on(&mut other, "3").status(), 200);
    server.stop_ok();
}

#[test]
fn sessions_side_by_side_are_equal_and_one_session_gives_each_answer_once() {
    let mut tape = Tape::new("t");
    for status in ["Dispatched", "InProgress", "Succeeded"] {
        tape = tape.ok(
            "AcknowledgeJob",
            acknowledge("1"),
            json!({ "status": status }),
        );
    }
    let sandbox = Sandbox::new();
    let file = sandbox.write("t.json", tape.text());
    let server = sandbox.replay(&file, &[]);
    let address = server.address();
    let plays: Vec<Vec<Vec<u8>>> = thread::scope(|scope| {
        let sessions: Vec<_> = (0..16)
            .map(|number| {
                scope.spawn(move || {
                    let call = call("1").path(&format!("/session/s{number}/"));
                    (0..3).map(|_| call.send(address).raw()).collect()
                })
            })
            .collect();
        sessions
            .into_iter()
            .map(|session| session.join().unwrap())
            .collect()
    });
    assert!(plays.iter().all(|play| *play == plays[0]));

    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| call("1").send(address).status()))
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 400, 400, 400, 400, 400]);
    server.stop().assert(4, &["5"]);
}
