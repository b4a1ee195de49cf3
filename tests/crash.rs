//! SIGKILL at any moment: what a client has seen is on the tape, the store opens, and recording goes on.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::answer::Answer;
use crate::support::client::{Call, exchange};
use crate::support::patience::PATIENCE;
use crate::support::program::Running;
use crate::support::random::Random;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, exchanges};
use crate::support::upstream::{Step, Upstream};
use crate::tapes::listed;

const CLIENTS: usize = 32;
const TAPES: u64 = 10;
const KILLS_PER_TAPE: usize = 5;
/// The recorder is killed after at most that many answers, whatever the machine's speed, and this time.
const MOST_ANSWERS: u64 = 96;
const MOMENT: Duration = Duration::from_millis(5);

/// Sends acknowledgements with nonces of its own until the recorder is gone; returns those of which it saw a byte.
fn client(
    address: SocketAddr,
    prefix: &str,
    gone: &AtomicBool,
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
        if answer.cut || gone.load(Ordering::Relaxed) {
            break;
        }
    }
    seen
}

/// The nonces on a tape; checks that its numbers rise and that every exchange is whole.
fn on_tape(exported: &str) -> BTreeSet<String> {
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

fn upstream() -> Upstream {
    Upstream::start(|request, index| {
        let nonce = request.json()["nonce"].as_str().unwrap().to_owned();
        // Some answers are large, so that a kill also hits the writing of long values.
        let padding = "x".repeat(if index % 9 == 0 { 20_000 } else { 100 });
        Step::Answer(Answer::ok(format!(
            r#"{{"status":"{nonce}","padding":"{padding}"}}"#
        )))
    })
}

/// One tape, killed several times under load and continued each time.
fn kill_and_go_on(seed: u64) -> usize {
    let mut random = Random::seeded(seed);
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let mut seen = BTreeSet::new();
    let mut before = BTreeSet::new();
    for kill in 0..KILLS_PER_TAPE {
        let mut server = sandbox.record("t", &upstream.url(), &["--mode", "append"]);
        let address = server.address();
        let (gone, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    let prefix = format!("{kill}-{number}");
                    let (gone, answered) = (&gone, &answered);
                    scope.spawn(move || client(address, &prefix, gone, answered))
                })
                .collect();
            let enough = 1 + usize::try_from(random.below(MOST_ANSWERS)).unwrap();
            let deadline = Instant::now() + PATIENCE;
            while answered.load(Ordering::Relaxed) < enough {
                assert!(Instant::now() < deadline, "no {enough} answers");
                thread::sleep(Duration::from_micros(100));
            }
            // The moment: this wait is the test's subject.
            thread::sleep(random.time_below(MOMENT));
            server.running().kill();
            gone.store(true, Ordering::Relaxed);
            for client in clients {
                seen.extend(client.join().unwrap());
            }
        });
        assert!(
            listed(&sandbox, "t").contains("unfinished"),
            "seed {seed}, kill {kill}"
        );
        let exported = sandbox.export("t");
        let kept = on_tape(&exported);
        let lost: Vec<&String> = seen.difference(&kept).collect();
        assert!(lost.is_empty(), "seed {seed}, kill {kill}: lost {lost:?}");
        assert!(before.is_subset(&kept), "seed {seed}, kill {kill}");
        assert_eq!(sandbox.export("t"), exported, "reading changes nothing");
        before = kept;
    }
    let server = sandbox.record("t", &upstream.url(), &["--mode", "append"]);
    let answer = server.call("AcknowledgeJob", &acknowledge("last").to_string());
    assert_eq!(answer.status(), 200);
    server.stop_ok();
    let kept = on_tape(&sandbox.export("t"));
    assert!(before.is_subset(&kept) && kept.contains("last"));
    assert!(!listed(&sandbox, "t").contains("unfinished"));
    seen.len()
}

#[test]
fn what_clients_saw_survives_fifty_kills_under_load() {
    let seen: usize = thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || -> usize {
                (0..TAPES)
                    .filter(|tape| tape % 2 == half)
                    .map(|tape| kill_and_go_on(0x7069_7065 + tape))
                    .sum()
            })
        });
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    let kills = usize::try_from(TAPES).unwrap() * KILLS_PER_TAPE;
    assert!(
        seen > kills * CLIENTS / 2,
        "hardly any load: {seen} answers"
    );
}

/// A finished tape with a few hundred exchanges, and its text.
fn long_tape(sandbox: &Sandbox, upstream: &Upstream) -> String {
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

#[test]
fn a_kill_while_a_tape_opens_closes_or_is_read_leaves_it_whole() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let before = long_tape(&sandbox, &upstream);
    let upstream_url = upstream.url();
    let append = [
        "record",
        "t",
        "--upstream",
        &upstream_url,
        "--mode",
        "append",
        "--listen",
        "127.0.0.1:0",
    ];
    let mut random = Random::seeded(0x6f70_656e);
    // How long opening and reading take here decides where a kill can hit.
    let began = Instant::now();
    sandbox.export("t");
    let window = (began.elapsed() * 3 / 2).min(Duration::from_millis(400));
    for round in 0..24 {
        let args: &[&str] = if round % 2 == 0 {
            &append
        } else {
            &["export", "t"]
        };
        let mut running = Running::spawn(sandbox.command(args));
        thread::sleep(random.time_below(window));
        running.kill_if_running();
        if round % 3 == 2 {
            assert_eq!(sandbox.export("t"), before, "round {round}");
        }
    }
    assert_eq!(sandbox.export("t"), before);

    // Killed while it stops.
    for round in 0..8 {
        let mut server = sandbox.record("t", &upstream_url, &["--mode", "append"]);
        server.running().signal(Signal::TERM);
        thread::sleep(random.time_below(window));
        server.running().kill_if_running();
        assert_eq!(sandbox.export("t"), before, "stop {round}");
    }
    let server = sandbox.record("t", &upstream_url, &["--mode", "append"]);
    server.call("AcknowledgeJob", &acknowledge("last").to_string());
    server.stop_ok();
    let after = exchanges(&sandbox.export("t"));
    assert_eq!(after[..after.len() - 1], exchanges(&before)[..]);
}

#[test]
fn a_kill_while_a_tape_is_made_or_imported_leaves_none_or_all_of_it() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let text = long_tape(&sandbox, &upstream);
    let file = sandbox.write("t.tape.json", &text);
    let mut random = Random::seeded(0x696d_706f);
    let began = Instant::now();
    sandbox.ok(&["import", &file, "--as", "timed"]);
    let window = (began.elapsed() * 3 / 2).min(Duration::from_millis(400));
    for round in 0..12 {
        let name = format!("copy-{round}");
        let mut running = Running::spawn(sandbox.command(&["import", &file, "--as", &name]));
        thread::sleep(random.time_below(window));
        running.kill_if_running();
        let ended = sandbox.run(&["export", &name]);
        if ended.code == Some(0) {
            let whole = text.replacen("\"name\": \"t\"", &format!("\"name\": \"{name}\""), 1);
            assert_eq!(ended.stdout, whole, "half a tape: {name}");
        } else {
            ended.assert(1, &["no tape"]);
            sandbox.ok(&["import", &file, "--as", &name]);
        }
    }
    assert_eq!(sandbox.export("t"), text, "the others are untouched");
}
