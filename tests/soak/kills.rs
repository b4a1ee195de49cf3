//! SIGKILL at any moment under load: what a client has seen is on the tape, the store opens, and recording goes on.

use std::collections::BTreeSet;
use std::thread;

use crate::soak::load::{CLIENTS, assert_nothing_lost, long_tape, on_tape, under_load, upstream};
use crate::soak::scale::{figure, pick};
use crate::support::random::Random;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::acknowledge;
use crate::tapes::listed;

const KILLS_PER_TAPE: usize = 5;

/// One tape, killed several times under load and continued each time; gives how many answers clients saw.
fn kill_and_go_on(seed: u64) -> usize {
    let mut random = Random::seeded(seed);
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let mut seen = BTreeSet::new();
    let mut before = BTreeSet::new();
    for kill in 0..KILLS_PER_TAPE {
        let when = format!("seed {seed}, kill {kill}");
        let mut server = sandbox.record("t", &upstream.url(), &["--mode", "append"]);
        seen.extend(under_load(
            &mut server,
            &kill.to_string(),
            |server, load| {
                load.random_moment(&mut random);
                server.running().kill();
            },
        ));
        assert!(listed(&sandbox, "t").contains("unfinished"), "{when}");
        let exported = sandbox.export("t");
        let kept = on_tape(&exported);
        assert_nothing_lost(&seen, &kept, &when);
        assert!(before.is_subset(&kept), "{when}");
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
fn what_clients_saw_survives_kills_under_load() {
    let tapes: u64 = pick(8, 40);
    let seen: usize = thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || -> usize {
                (0..tapes)
                    .filter(|tape| tape % 2 == half)
                    .map(|tape| kill_and_go_on(0x7069_7065 + tape))
                    .sum()
            })
        });
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    let kills = usize::try_from(tapes).unwrap() * KILLS_PER_TAPE;
    figure(
        "kills under load",
        format!("{kills} under {CLIENTS} clients, {seen} answers seen, none lost"),
    );
    assert!(
        seen > kills * CLIENTS / 2,
        "hardly any load: {seen} answers"
    );
}

/// A recording that overwrites takes the old tape's place once a client has seen an answer of it, killed or not.
#[test]
fn a_kill_of_an_overwriting_recording_leaves_the_old_tape_or_what_clients_saw() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let mut random = Random::seeded(0x6f76_6572);
    let (mut kills, mut answers) = (0, 0);
    let mut tape = long_tape(&sandbox, &upstream);
    for round in 0..pick(9, 60) {
        let when = format!("round {round}");
        let mut server = sandbox.record("t", &upstream.url(), &["--mode", "overwrite"]);
        let mut seen = BTreeSet::new();
        // Every third one is killed before any client comes.
        if round % 3 != 0 {
            seen = under_load(&mut server, &when, |server, load| {
                load.random_moment(&mut random);
                server.running().kill();
            });
        } else {
            server.running().kill();
        }
        kills += 1;
        answers += seen.len();
        let exported = sandbox.export("t");
        if seen.is_empty() {
            assert_eq!(exported, tape, "{when}: nothing was seen of the new tape");
        } else {
            let kept = on_tape(&exported);
            assert_nothing_lost(&seen, &kept, &when);
            assert!(
                kept.iter().all(|nonce| nonce.starts_with(&when)),
                "{when}: two tapes in one"
            );
        }
        tape = exported;
    }
    figure(
        "kills of overwriting recordings",
        format!("{kills}, {answers} answers seen, none lost"),
    );
}
