//! What was recorded plays back, to the byte, whatever workers did and whatever went wrong.
//!
//! Random workers work at once on a real emulator that fails at random, through a real recorder, over sockets. Their
//! tape, written as a file and read again, is then played to the same requests: one by one in the order of the tape,
//! all workers at once, and each worker in a session of its own; each twice.

use std::cell::Cell;

use proptest::prop_assert_eq;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::runtime::{Builder, Handle};

use self::recording::Recording;
use self::script::{Case, cases};
use self::seen::Seen;
use self::serving::Serving;

mod recording;
mod script;
mod seen;
mod serving;

/// Few, as each is hundreds of requests.
const CASES: u32 = 20;

#[test]
fn what_was_recorded_plays_to_the_byte() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: CASES,
        max_shrink_iters: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let (cuts, exchanges) = (Cell::new(0), Cell::new(0));
    let outcome = runner.run(&cases(), |case| {
        let recording = Recording::make(runtime.handle(), &case);
        cuts.set(cuts.get() + recording.cuts());
        exchanges.set(exchanges.get() + recording.tape.exchanges.len());
        one_by_one(runtime.handle(), &recording)?;
        if case.tagged {
            at_once(runtime.handle(), &recording)?;
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    // The cases were worth playing.
    let exchanges = exchanges.get();
    assert!(exchanges > 10 * CASES as usize, "{exchanges} exchanges");
    assert!(cuts.get() > 0, "no answer was ever cut");
}

/// The n-th request with a key gets the n-th exchange: in the tape's order, each gets its own.
fn one_by_one(runtime: &Handle, recording: &Recording) -> Result<(), TestCaseError> {
    let play = || {
        let serving = Serving::replay(runtime, &recording.tape);
        let seen: Vec<Seen> = recording
            .in_order()
            .map(|sent| Seen::of(&sent.call.send(serving.address())))
            .collect();
        // What is not on the tape, or no longer, is told alike too.
        let misses: Vec<Seen> = recording
            .in_order()
            .take(2)
            .map(|sent| sent.call.clone())
            .chain([script::never_recorded()])
            .map(|call| Seen::of(&call.send(serving.address())))
            .collect();
        let report = serving.report();
        (seen, misses, report)
    };
    let (seen, misses, report) = play();
    for (sent, seen) in recording.in_order().zip(&seen) {
        recording.check(sent, seen)?;
    }
    prop_assert_eq!(report["unplayed"].as_u64(), Some(0));
    let again = play();
    prop_assert_eq!((seen, misses, report), again);
    Ok(())
}

/// Workers whose requests differ never get each other's answers, in one session or in several.
fn at_once(runtime: &Handle, recording: &Recording) -> Result<(), TestCaseError> {
    for own_sessions in [false, true] {
        let play = || {
            let serving = Serving::replay(runtime, &recording.tape);
            let seen = recording.play_at_once(serving.address(), own_sessions);
            (seen, serving.report())
        };
        let (seen, report) = play();
        for (sent, seen) in recording.sent.iter().flatten().zip(seen.iter().flatten()) {
            recording.check(sent, seen)?;
        }
        prop_assert_eq!(report["missed"].as_u64(), Some(0));
        let again = play();
        prop_assert_eq!(&seen, &again.0);
        // In one session, which of two workers came first may differ, and so what is said of them both.
        if own_sessions {
            prop_assert_eq!(report, again.1);
        }
    }
    Ok(())
}

/// The expectations notice an answer that is not the one on the tape.
#[test]
fn a_difference_would_be_seen() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let case = Case::of_two_polls();
    let mut recording = Recording::make(runtime.handle(), &case);
    assert!(one_by_one(runtime.handle(), &recording).is_ok());
    // Two jobs, so two answers to one request.
    let [first, second] = &mut recording.sent[0][..] else {
        panic!("two polls");
    };
    std::mem::swap(&mut first.seen, &mut second.seen);
    assert!(one_by_one(runtime.handle(), &recording).is_err());
}
