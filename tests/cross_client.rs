//! A tape recorded from one client answers every other: eight clients, every captured operation.

use std::collections::BTreeMap;

use crate::support::answer::Answer;
use crate::support::captures::{self, Capture};
use crate::support::client::exchange;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{exchanges, operations};
use crate::support::upstream::{Step, Upstream};

/// Captures that a replay is sent, by client.
fn by_client() -> BTreeMap<String, Vec<Capture>> {
    let mut clients: BTreeMap<String, Vec<Capture>> = BTreeMap::new();
    for capture in captures::signed() {
        clients
            .entry(capture.client.clone())
            .or_default()
            .push(capture);
    }
    assert_eq!(clients.len(), 8);
    clients
}

#[test]
fn every_capture_replays_from_every_other_clients_tape() {
    let clients = by_client();
    let sandbox = Sandbox::new();
    let mut replayed = 0;
    for (recorder, captures) in &clients {
        // First attempts at the endpoint itself: what a worker sends that is pointed at pipetape.
        let recorded: Vec<&Capture> = captures
            .iter()
            .filter(|capture| capture.variant.is_none())
            .collect();
        let upstream = Upstream::start({
            let recorder = recorder.clone();
            move |request, _| {
                let operation = request.operation();
                Step::Answer(Answer::ok(format!(
                    r#"{{"answer":"to {recorder}'s {operation}"}}"#
                )))
            }
        });
        let server = sandbox.record(recorder, &upstream.url(), &[]);
        for capture in &recorded {
            let answer = exchange(server.address(), &capture.bytes).unwrap();
            assert_eq!(answer.status(), 200, "{}: {}", capture.name, answer.text());
        }
        server.stop_ok();
        let on_tape = operations(&sandbox.export(recorder));
        assert_eq!(on_tape.len(), recorded.len());

        let server = sandbox.replay(recorder, &["--exhausted", "repeat-last"]);
        for capture in clients.values().flatten() {
            if !on_tape.contains(&capture.operation) {
                continue;
            }
            let answer = exchange(server.address(), &capture.bytes).unwrap();
            assert_eq!(
                answer.text(),
                format!(r#"{{"answer":"to {recorder}'s {}"}}"#, capture.operation),
                "{} from {recorder}'s tape",
                capture.name
            );
            replayed += 1;
        }
        server.stop_ok();
    }
    assert!(replayed > 700, "{replayed}");
}

#[test]
fn tapes_of_one_session_from_different_clients_say_the_same() {
    let clients = by_client();
    let sandbox = Sandbox::new();
    let upstream = Upstream::always(Step::Answer(Answer::ok("{}")));
    let mut bodies: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    for (client, captures) in &clients {
        let tape = format!("{client}-bodies");
        let server = sandbox.record(&tape, &upstream.url(), &[]);
        let sent: Vec<&Capture> = captures
            .iter()
            .filter(|capture| capture.variant.is_none())
            .collect();
        for capture in &sent {
            exchange(server.address(), &capture.bytes).unwrap();
        }
        server.stop_ok();
        let exported = sandbox.export(&tape);
        for (capture, exchange) in sent.iter().zip(exchanges(&exported)) {
            // Account ids and third-party tokens are replaced by placeholders of this tape's own salt, and timestamps
            // lose their fraction in some clients: those operations differ between tapes by design.
            if capture.operation.contains("ThirdParty")
                || capture.body.windows(7).any(|part| part == b"created")
            {
                continue;
            }
            let body = exchange["request"]["body"].clone();
            let first = bodies
                .entry(capture.operation.clone())
                .or_insert_with(|| body.clone());
            assert_eq!(*first, body, "{}", capture.name);
        }
    }
    assert!(bodies.len() >= 6, "{:?}", bodies.keys());
}
