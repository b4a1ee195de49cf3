//! Workers recorded in front of an emulator, and what playing them has to give.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use pipetape_core::Answer;
use pipetape_emulator::{Emulator, EmulatorConfig};
use pipetape_proxy::{RecordConfig, Recorder, Sign};
use pipetape_serve::DateHeader;
use pipetape_tape::{
    Exchange, Outcome, RecordMode, RecordedResponse, Rules, Store, Tape, read_tape, write_tape,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use tokio::runtime::Handle;

use super::script::Case;
use super::seen::Seen;
use super::serving::Serving;
use crate::support::client::Call;

/// A tape, and who was given what while it was recorded.
pub(crate) struct Recording {
    pub(crate) tape: Tape,
    /// Each worker's requests, in order.
    pub(crate) sent: Vec<Vec<Sent>>,
    is_plain: bool,
}

/// A request, what came of it live, and its place on the tape.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) call: Call,
    pub(crate) seen: Seen,
    pub(crate) at: usize,
}

impl Recording {
    /// All workers work at once.
    pub(crate) fn make(runtime: &Handle, case: &Case) -> Self {
        let config = EmulatorConfig {
            faults: case.rules(),
            seed: case.seed,
            ..EmulatorConfig::default()
        };
        let emulator = Arc::new(Emulator::new(config, case.jobs()).unwrap());
        let listener = Serving::bind(runtime);
        let upstream = Serving::start(runtime, listener, emulator, DateHeader::Current);

        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path().join("store"));
        let name = "random".parse().unwrap();
        let rules = Rules {
            keep_account_ids: !case.secrets,
            ..Rules::generate().unwrap()
        };
        let writer = store.record(&name, RecordMode::Fresh, rules).unwrap();
        let listener = Serving::bind(runtime);
        let config = record_config(upstream.address(), listener.local_addr());
        let recorder = Arc::new(Recorder::new(config, writer.clone()).unwrap());
        let recorder = Serving::start(runtime, listener, recorder, DateHeader::AsGiven);
        let calls = case.calls();
        let seen = at_once(
            recorder.address(),
            calls.iter().map(|calls| calls.iter().map(|(_, call)| call)),
        );
        recorder.stop();
        runtime.block_on(writer.finish()).unwrap();
        upstream.stop();

        // What is played is what is committed: the text.
        let mut text = Vec::new();
        write_tape(&store.load(&name).unwrap(), &mut text).unwrap();
        let tape = read_tape(&text, Path::new("random.tape.json")).unwrap();
        let places: HashMap<String, usize> =
            tape.exchanges.iter().map(invocation).zip(0..).collect();
        assert_eq!(
            places.len(),
            tape.exchanges.len(),
            "each request is on the tape once"
        );
        let sent = calls.into_iter().zip(seen).map(|(calls, seen)| {
            let calls = calls.into_iter().zip(seen);
            let sent = calls.map(|((id, call), seen)| Sent {
                call,
                seen,
                at: places[&id],
            });
            sent.collect::<Vec<_>>()
        });
        let sent: Vec<_> = sent.collect();
        for worker in &sent {
            assert!(
                worker.is_sorted_by_key(|sent| sent.at),
                "a worker's order is the tape's"
            );
        }
        Self {
            tape,
            sent,
            is_plain: !case.secrets,
        }
    }

    /// Every request in the order of the tape.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Sent> {
        let mut all: Vec<_> = self.sent.iter().flatten().collect();
        all.sort_by_key(|sent| sent.at);
        all.into_iter()
    }

    /// Plays every worker at the same time.
    pub(crate) fn play_at_once(&self, address: SocketAddr, own_sessions: bool) -> Vec<Vec<Seen>> {
        let call = |worker: usize, sent: &Sent| match own_sessions {
            true => sent.call.clone().path(&format!("/session/w{worker}/")),
            false => sent.call.clone(),
        };
        let calls: Vec<Vec<Call>> = self
            .sent
            .iter()
            .enumerate()
            .map(|(worker, sent)| sent.iter().map(|sent| call(worker, sent)).collect())
            .collect();
        at_once(address, calls.iter().map(|calls| calls.iter()))
    }

    /// Answers whose connection ended too early.
    pub(crate) fn cuts(&self) -> usize {
        self.sent
            .iter()
            .flatten()
            .filter(|sent| sent.seen.cut)
            .count()
    }

    /// What was played is what the tape keeps, and where nothing had to be redacted, what the client was given live.
    pub(crate) fn check(&self, sent: &Sent, played: &Seen) -> Result<(), TestCaseError> {
        let exchange = &self.tape.exchanges[sent.at];
        match &exchange.outcome {
            Outcome::Response(response) => kept(exchange, response, played, false)?,
            Outcome::Cut { response, .. } => kept(exchange, response, played, true)?,
            Outcome::Fault(fault) => match fault.answer(None) {
                Answer::Reset => prop_assert_eq!((played.status, played.cut), (0, true)),
                Answer::Response(response) => {
                    let status = response.status().as_u16();
                    prop_assert_eq!((played.status, played.cut), (status, false));
                    prop_assert_eq!(&played.body[..], &response.body()[..]);
                }
                Answer::Truncated { .. } => prop_assert!(false, "a cut needs a response"),
            },
        }
        if self.is_plain {
            prop_assert_eq!(played, &sent.seen, "exchange {}", exchange.seq);
        } else {
            // Redaction changes values, never what kind of answer it is.
            let form = |seen: &Seen| {
                (
                    seen.status,
                    seen.headers.clone(),
                    seen.cut,
                    seen.body.is_empty(),
                )
            };
            prop_assert_eq!(form(played), form(&sent.seen), "exchange {}", exchange.seq);
        }
        Ok(())
    }
}

fn kept(
    exchange: &Exchange,
    response: &RecordedResponse,
    played: &Seen,
    cut: bool,
) -> Result<(), TestCaseError> {
    let seq = exchange.seq;
    prop_assert_eq!(played.status, response.status, "exchange {}", seq);
    prop_assert_eq!(
        Some(&played.headers),
        response.headers.as_ref(),
        "exchange {}",
        seq
    );
    prop_assert_eq!(&played.body[..], &response.body[..], "exchange {}", seq);
    prop_assert_eq!(played.cut, cut, "exchange {}", seq);
    Ok(())
}

/// The id that tells a request from all others; the tape keeps it.
fn invocation(exchange: &Exchange) -> String {
    let headers = exchange.request.headers.iter().flatten();
    let mut ids = headers.filter(|(name, _)| name == "amz-sdk-invocation-id");
    ids.next().expect("an invocation id").1.clone()
}

/// One thread for each worker.
fn at_once<'a, C>(address: SocketAddr, workers: impl Iterator<Item = C>) -> Vec<Vec<Seen>>
where
    C: Iterator<Item = &'a Call> + Send,
{
    thread::scope(|scope| {
        let work = |calls: C| {
            scope.spawn(move || calls.map(|call| Seen::of(&call.send(address))).collect())
        };
        let working: Vec<_> = workers.map(work).collect();
        working
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    })
}

fn record_config(upstream: SocketAddr, listen: SocketAddr) -> RecordConfig {
    RecordConfig {
        upstream: Some(format!("http://{upstream}").parse().unwrap()),
        sign: Sign::Keep,
        ..RecordConfig::new(listen)
    }
}
