//! Clients that acknowledge as fast as they can, each with nonces of its own, and what must then be on the tape.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pipetape_testkit::PATIENCE;

use crate::support::answer::Answer;
use crate::support::client::{Call, exchange};
use crate::support::program::Server;
use crate::support::random::Random;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, exchanges};
use crate::support::upstream::{Step, Upstream};

pub(super) const CLIENTS: usize = 32;
/// A kill comes after at most that many answers, whatever the machine's speed, and this time.
const MOST_ANSWERS: u64 = 96;
const MOMENT: Duration = Duration::from_millis(5);

/// Answers with the nonce it was sent.
pub(super) fn upstream() -> Upstream {
    Upstream::start(|request, index| {
        let nonce = request.json()["nonce"].as_str().unwrap().to_owned();
        // Some answers are large, so that a kill also hits the writing of long values.
        let padding = "x".repeat(if index % 9 == 0 { 20_000 } else { 100 });
        Step::Answer(Answer::ok(format!(
            r#"{{"status":"{nonce}","padding":"{padding}"}}"#
        )))
    })
}

/// Clients under way.
pub(super) struct Load<'a> {
    answered: &'a AtomicUsize,
}

impl Load<'_> {
    /// Waits for some answers, and then for a moment: when something happens to the server is the test's subject.
    pub(super) fn random_moment(&self, random: &mut Random) {
        self.more_answers(1 + usize::try_from(random.below(MOST_ANSWERS)).unwrap());
        thread::sleep(random.time_below(MOMENT));
    }

    /// Waits until that many more answers have been seen.
    pub(super) fn more_answers(&self, count: usize) {
        let enough = self.answered.load(Ordering::Relaxed) + count;
        let deadline = Instant::now() + PATIENCE;
        while self.answered.load(Ordering::Relaxed) < enough {
            assert!(Instant::now() < deadline, "no {enough} answers");
            thread::sleep(Duration::from_micros(100));
        }
    }
}

/// Runs `during` while clients send acknowledgements; returns the nonces of which one saw a byte of an answer.
///
/// The clients end when `during` does, or when the server is gone.
pub(super) fn under_load(
    server: &mut Server,
    prefix: &str,
    during: impl FnOnce(&mut Server, &Load<'_>),
) -> BTreeSet<String> {
    let address = server.address();
    let (over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let prefix = format!("{prefix}-{number}");
                let (over, answered) = (&over, &answered);
                scope.spawn(move || client(address, &prefix, over, answered))
            })
            .collect();
        // Also where `during` panics: a scope waits for its threads.
        let guard = SetWhenDropped(&over);
        during(
            server,
            &Load {
                answered: &answered,
            },
        );
        drop(guard);
        clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect()
    })
}

struct SetWhenDropped<'a>(&'a AtomicBool);

impl Drop for SetWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn client(
    address: SocketAddr,
    prefix: &str,
    over: &AtomicBool,
    answered: &AtomicUsize,
) -> Vec<String> {
    let mut seen = Vec::new();
    for count in 0.. {
        let nonce = format!("{prefix}-{count}");
        let call = Call::new("AcknowledgeJob", acknowledge(&nonce).to_string());
        let Ok(answer) = exchange(address, &call.bytes(address)) else {
            break;
        };
        if !answer.raw().is_empty() {
            seen.push(nonce);
            answered.fetch_add(1, Ordering::Relaxed);
        }
        if answer.cut || over.load(Ordering::Relaxed) {
            break;
        }
    }
    seen
}

/// The nonces on a tape; checks that its numbers rise, that every exchange is whole, and that none stands twice.
pub(super) fn on_tape(exported: &str) -> BTreeSet<String> {
    let mut last = 0;
    let kept = exchanges(exported);
    let found: BTreeSet<String> = kept
        .iter()
        .map(|exchange| {
            let seq = exchange["seq"].as_u64().unwrap();
            assert!(seq > last, "{seq} behind {last}");
            assert!(exchange["after"].as_u64().unwrap() < seq);
            last = seq;
            let nonce = exchange["request"]["body"]["nonce"].as_str().unwrap();
            assert_eq!(exchange["response"]["body"]["status"], nonce);
            nonce.to_owned()
        })
        .collect();
    assert_eq!(found.len(), kept.len(), "an exchange stands twice");
    found
}

/// Asserts that all of `seen` is among `kept`.
#[track_caller]
pub(super) fn assert_nothing_lost(seen: &BTreeSet<String>, kept: &BTreeSet<String>, when: &str) {
    let lost: Vec<&String> = seen.difference(kept).collect();
    assert!(lost.is_empty(), "{when}: lost {lost:?}");
}

/// A finished tape `t` with a few hundred exchanges, and its text.
pub(super) fn long_tape(sandbox: &Sandbox, upstream: &Upstream) -> String {
    let server = sandbox.record("t", &upstream.url(), &[]);
    thread::scope(|scope| {
        for number in 0..4 {
            let server = &server;
            scope.spawn(move || {
                for count in 0..75 {
                    let nonce = format!("{number}-{count}");
                    server.call("AcknowledgeJob", &acknowledge(&nonce).to_string());
                }
            });
        }
    });
    server.stop_ok();
    sandbox.export("t")
}
