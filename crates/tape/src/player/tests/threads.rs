//! Many sessions at once.

use std::thread;

use super::tape::{Got, ask, operation, player, session, tape};
use crate::player::{Exhausted, PlaySummary};

const SESSIONS: usize = 1000;
const STEPS: usize = 20;

#[test]
fn a_thousand_sessions_do_not_cross_over() {
    let body = br#"{"jobId":"a"}"#;
    let player = player(
        tape((0..STEPS).map(|_| ("GetJobDetails", body.to_vec()))),
        Exhausted::Error,
    );
    let operation = operation("GetJobDetails");
    thread::scope(|scope| {
        for worker in 0..8 {
            let (player, operation) = (&player, &operation);
            scope.spawn(move || {
                let sessions: Vec<_> = (worker..SESSIONS)
                    .step_by(8)
                    .map(|number| session(&format!("s-{number}")))
                    .collect();
                for step in 1..=STEPS as u64 {
                    for session in &sessions {
                        assert_eq!(ask(player, session, operation, body), Got::Seq(step));
                    }
                }
            });
        }
    });
    let served = (SESSIONS * STEPS) as u64;
    assert_eq!(
        player.summary(),
        PlaySummary {
            served,
            missed: 0,
            unplayed: 0,
            loosened: 0,
        }
    );
    assert_eq!(player.tally().sessions, SESSIONS + 1);
}

#[test]
fn one_session_shared_by_threads_gives_each_exchange_once() {
    let body = br#"{"jobId":"a"}"#;
    let count = 4000;
    let player = player(
        tape((0..count).map(|_| ("GetJobDetails", body.to_vec()))),
        Exhausted::Error,
    );
    let operation = operation("GetJobDetails");
    let mut given: Vec<u64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut given = Vec::new();
                    while let Got::Seq(seq) = ask(&player, &session("one"), &operation, body) {
                        given.push(seq);
                    }
                    assert!(given.is_sorted());
                    given
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    given.sort_unstable();
    assert!(given.into_iter().eq(1..=count));
    let listed = player.served().0;
    let seqs = listed.iter().map(|one| (one.seq, one.times));
    let in_order = (1..=count).map(|seq| (Some(seq), 1));
    assert!(seqs.eq(in_order));
}
