//! Tapes to play, and what comes of playing them.

use bytes::Bytes;
use pipetape_core::{Answer, Operation};

use crate::exchange::{Exchange, Outcome, RecordedRequest, RecordedResponse, Tape};
use crate::name::SessionName;
use crate::player::{Exhausted, MissCause, Player, PlayerConfig};
use crate::rules::Rules;

pub(super) fn operation(name: &str) -> Operation {
    Operation::from_name(name).unwrap()
}

pub(super) fn session(name: &str) -> SessionName {
    name.parse().unwrap()
}

/// An exchange whose answer has its number.
pub(in crate::player) fn exchange(seq: u64, name: &str, body: impl Into<Bytes>) -> Exchange {
    Exchange {
        seq,
        after: None,
        operation: operation(name),
        recorded_at: None,
        latency_ms: None,
        request: RecordedRequest {
            headers: None,
            body: body.into(),
        },
        outcome: Outcome::Response(RecordedResponse {
            status: 200,
            headers: Some(vec![("x-seq".to_owned(), seq.to_string())]),
            body: Bytes::from(format!("{{\"seq\":{seq}}}")),
        }),
    }
}

/// A response without headers.
pub(in crate::player) fn answered(status: u16, body: &str) -> Outcome {
    Outcome::Response(RecordedResponse {
        status,
        headers: None,
        body: Bytes::copy_from_slice(body.as_bytes()),
    })
}

/// A tape of operations and bodies, numbered from 1.
pub(super) fn tape<B: Into<Bytes>>(exchanges: impl IntoIterator<Item = (&'static str, B)>) -> Tape {
    Tape {
        name: "deploy".parse().unwrap(),
        rules: None,
        exchanges: (1..)
            .zip(exchanges)
            .map(|(seq, (name, body))| exchange(seq, name, body))
            .collect(),
    }
}

pub(super) fn with_rules(tape: Tape, rules: Rules) -> Tape {
    Tape {
        rules: Some(rules),
        ..tape
    }
}

pub(super) fn player(tape: Tape, exhausted: Exhausted) -> Player {
    let config = PlayerConfig {
        exhausted,
        ..PlayerConfig::default()
    };
    Player::new(tape, config)
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Got {
    Seq(u64),
    EmptyPoll,
    Missed(MissCause),
}

pub(super) fn ask(
    player: &Player,
    session: &SessionName,
    operation: &Operation,
    body: &[u8],
) -> Got {
    match player.play(session, operation, body) {
        Ok(Answer::Response(response)) if response.body() == "{\"jobs\":[]}" => Got::EmptyPoll,
        Ok(Answer::Response(response)) => {
            let seq = response.headers()["x-seq"]
                .to_str()
                .unwrap()
                .parse()
                .unwrap();
            assert!(
                response
                    .body()
                    .starts_with(format!("{{\"seq\":{seq}").as_bytes())
            );
            Got::Seq(seq)
        }
        Ok(other) => panic!("{other:?}"),
        Err(report) => Got::Missed(report.miss.cause),
    }
}

/// The message of a request that misses.
pub(super) fn miss(tape: Tape, name: &str, body: impl AsRef<[u8]>) -> String {
    let player = player(tape, Exhausted::Error);
    let report = player
        .play(&SessionName::default(), &operation(name), body.as_ref())
        .unwrap_err();
    let body: serde_json::Value = serde_json::from_slice(report.miss.response().body()).unwrap();
    assert_eq!(body["__type"], "PipetapeMissException");
    assert_eq!(body["message"], report.miss.message);
    report.miss.message.clone()
}
