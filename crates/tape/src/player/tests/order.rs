//! Strict order.

use std::collections::HashSet;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::tape::{Got, ask, operation, session, tape};
use crate::exchange::Tape;
use crate::name::SessionName;
use crate::player::{Exhausted, MissCause, Novelty, Order, Player, PlayerConfig, Reset};

const NAME: &str = "GetJobDetails";

fn strict(tape: Tape, exhausted: Exhausted) -> Player {
    let config = PlayerConfig {
        exhausted,
        order: Order::Strict,
        ..PlayerConfig::default()
    };
    Player::new(tape, config)
}

/// A tape of different requests, `a`, `b` and so on, with what each of them began after.
fn began_after(afters: &[Option<u64>]) -> Tape {
    let bodies = (b'a'..).take(afters.len()).map(|body| (NAME, vec![body]));
    let mut tape = tape(bodies);
    for (exchange, &after) in tape.exchanges.iter_mut().zip(afters) {
        exchange.after = after;
    }
    tape
}

const NOT_YET: Got = Got::Missed(MissCause::NotYet);

fn check(player: &Player, who: &str, steps: &[(&str, Got)]) {
    for (index, (body, expected)) in steps.iter().enumerate() {
        let got = ask(player, &session(who), &operation(NAME), body.as_bytes());
        assert_eq!(got, *expected, "step {index}, {body}");
    }
}

#[test]
fn any_order_that_after_allows() {
    // b and c overlapped; d came after both.
    let tape = || began_after(&[Some(0), Some(1), Some(1), Some(3)]);
    let (a, b, c, d) = (Got::Seq(1), Got::Seq(2), Got::Seq(3), Got::Seq(4));
    let player = strict(tape(), Exhausted::Error);
    check(&player, "one", &[("a", a), ("b", b), ("c", c), ("d", d)]);
    check(
        &player,
        "other",
        &[
            ("c", NOT_YET),
            ("a", a),
            ("c", c),
            ("d", NOT_YET),
            ("b", b),
            ("d", d),
            ("d", Got::Missed(MissCause::UsedUp)),
            ("z", Got::Missed(MissCause::NeverRecorded)),
        ],
    );
    player.reset(Reset::Session(&session("other")));
    check(&player, "other", &[("b", NOT_YET), ("a", a), ("b", b)]);
}

#[test]
fn a_tape_by_hand_is_played_as_written() {
    let player = strict(began_after(&[None, None, None]), Exhausted::Loop);
    check(
        &player,
        "s",
        &[
            ("b", NOT_YET),
            ("c", NOT_YET),
            ("a", Got::Seq(1)),
            ("a", Got::Seq(1)),
            ("c", NOT_YET),
            ("b", Got::Seq(2)),
            ("c", Got::Seq(3)),
            ("a", Got::Seq(1)),
        ],
    );
}

#[test]
fn gaps_between_numbers_are_no_exchanges() {
    let mut tape = began_after(&[Some(0), Some(19), Some(25)]);
    for (exchange, seq) in tape.exchanges.iter_mut().zip([10, 20, 30]) {
        exchange.seq = seq;
    }
    let player = strict(tape, Exhausted::Error);
    let told = |body: &str| {
        let result = player.play(&session("s"), &operation(NAME), body.as_bytes());
        result.map_err(|report| report.miss.message.clone())
    };
    assert!(
        told("c")
            .unwrap_err()
            .contains("exchange 10 must come first")
    );
    assert!(told("a").is_ok());
    assert!(
        told("c")
            .unwrap_err()
            .contains("exchange 20 must come first")
    );
    assert!(told("b").is_ok());
    assert!(told("c").is_ok());
}

#[test]
fn a_miss_says_what_must_come_first() {
    let player = strict(began_after(&[None, None, None]), Exhausted::Error);
    let ask = |body: &str| {
        let result = player.play(&SessionName::default(), &operation(NAME), body.as_bytes());
        result.unwrap_err()
    };
    let first = ask("c");
    assert_snapshot!(first.miss.message, @"no exchange of tape `deploy` answers this GetJobDetails in session `default`: not yet in strict order: exchange 1 must come first. It was recorded as exchange 3, and this session has not yet played exchange 1, GetJobDetails. Next: send that request before this one, or let different requests come in any order with `--order keyed`.");
    assert_eq!(first.miss.closest.as_ref().unwrap().seq, 3);
    assert_eq!(ask("c").novelty, Novelty::Again);
    check(&player, "default", &[("a", Got::Seq(1))]);
    // Another cause is another miss.
    let second = ask("c");
    assert_eq!(second.novelty, Novelty::First);
    assert!(second.miss.message.contains("exchange 2 must come first"));
    let counts: Vec<_> = player.misses().0.iter().map(|one| one.count).collect();
    assert_eq!(counts, [2, 1]);
}

proptest! {
    /// An exchange is played if and only if all that it began after were.
    #[test]
    fn what_after_allows_and_nothing_else(
        recorded in proptest::collection::vec((0u8..4, 0u64..6), 1..16),
        asked in proptest::collection::vec(0u8..4, 0..60),
    ) {
        let mut tape = tape(recorded.iter().map(|&(name, _)| (NAME, vec![b'a' + name])));
        for (exchange, &(_, back)) in tape.exchanges.iter_mut().zip(&recorded) {
            exchange.after = (back > 0).then(|| exchange.seq.saturating_sub(back));
        }
        let afters: Vec<_> = tape.exchanges.iter().map(|one| one.after.unwrap_or(one.seq - 1)).collect();
        let player = strict(tape, Exhausted::Error);
        let mut played: HashSet<u64> = HashSet::new();
        for name in asked {
            let next = (1..).zip(&recorded).find(|(seq, one)| one.0 == name && !played.contains(seq));
            let expected = match next {
                None if recorded.iter().any(|one| one.0 == name) => Got::Missed(MissCause::UsedUp),
                None => Got::Missed(MissCause::NeverRecorded),
                Some((seq, _)) if (1..=afters[seq as usize - 1]).all(|before| played.contains(&before)) => Got::Seq(seq),
                Some(_) => NOT_YET,
            };
            if let Got::Seq(seq) = expected {
                played.insert(seq);
            }
            prop_assert_eq!(ask(&player, &session("s"), &operation(NAME), &[b'a' + name]), expected);
        }
    }
}
