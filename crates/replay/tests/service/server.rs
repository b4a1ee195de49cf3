//! A replay to test against, and tapes for it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use pipetape_core::Operation;
use pipetape_replay::Replay;
use pipetape_serve::{DateHeader, Limits, Listener};
use pipetape_tape::{
    Exchange, Exhausted, Outcome, PlayerConfig, RecordedRequest, RecordedResponse, Tape,
};

use crate::client::{Answer, admin, call};

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) replay: Arc<Replay>,
}

impl Server {
    pub(crate) async fn start(tape: Tape, exhausted: Exhausted) -> Server {
        let config = PlayerConfig {
            exhausted,
            ..PlayerConfig::default()
        };
        let replay = Arc::new(Replay::new(tape, config));
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let address = listener.local_addr();
        let service = Arc::clone(&replay);
        // Ends with the test's runtime.
        tokio::spawn(listener.serve(
            service,
            Limits::default(),
            DateHeader::AsGiven,
            std::future::pending(),
        ));
        Server { address, replay }
    }

    pub(crate) async fn call(&self, path: &str, operation: &str, body: &str) -> Answer {
        call(self.address, path, operation, body).await
    }

    pub(crate) async fn admin(&self, line: &str) -> Answer {
        admin(self.address, line).await
    }
}

pub(crate) fn tape(
    exchanges: impl IntoIterator<Item = (&'static str, &'static str, Outcome)>,
) -> Tape {
    let exchange = |(seq, (name, body, outcome))| Exchange {
        seq,
        after: None,
        operation: Operation::from_name(name).unwrap(),
        recorded_at: None,
        latency_ms: None,
        request: RecordedRequest {
            headers: None,
            body: Bytes::from_static(str::as_bytes(body)),
        },
        outcome,
    };
    Tape {
        name: "deploy".parse().unwrap(),
        rules: None,
        exchanges: (1..).zip(exchanges).map(exchange).collect(),
    }
}

pub(crate) fn recorded(status: u16, headers: &[(&str, &str)], body: &[u8]) -> RecordedResponse {
    RecordedResponse {
        status,
        headers: Some(
            headers
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        ),
        body: Bytes::copy_from_slice(body),
    }
}

pub(crate) fn answered(body: &str) -> Outcome {
    Outcome::Response(recorded(200, &[], body.as_bytes()))
}

/// A poll, an acknowledgement recorded twice, and its job's details.
pub(crate) fn worker() -> Tape {
    tape([
        ("PollForJobs", "{}", answered("{\"jobs\":[1]}")),
        ("AcknowledgeJob", ACK, answered("first")),
        ("AcknowledgeJob", ACK, answered("second")),
        ("GetJobDetails", "{\"jobId\":\"a\"}", answered("details")),
    ])
}

pub(crate) const ACK: &str = "{\"jobId\":\"a\",\"nonce\":\"1\"}";
