//! Polls without a job, passed over.

use super::tape::{Got, answered, ask, operation, session, tape};
use crate::exchange::{Outcome, Tape};
use crate::player::{Exhausted, MissCause, Order, Player, PlayerConfig, Reset};

const POLL: &str = "PollForJobs";
const USED_UP: Got = Got::Missed(MissCause::UsedUp);

/// Polls `a` at 1, 2, 4 and 6, of which 4 brought a job; polls `b` at 5, which brought none; an acknowledgement at 3.
fn worker() -> Tape {
    let mut tape = tape([
        (POLL, "a"),
        (POLL, "a"),
        ("AcknowledgeJob", "c"),
        (POLL, "a"),
        (POLL, "b"),
        (POLL, "a"),
    ]);
    for empty in [0, 1, 4, 5] {
        tape.exchanges[empty].outcome = answered(200, r#"{"jobs":[]}"#);
    }
    let Outcome::Response(response) = &mut tape.exchanges[3].outcome else {
        panic!("a response");
    };
    response.body = r#"{"seq":4,"jobs":[{}]}"#.into();
    tape
}

fn player(exhausted: Exhausted, order: Order) -> Player {
    let config = PlayerConfig {
        exhausted,
        order,
        skip_empty_polls: true,
        ..PlayerConfig::default()
    };
    Player::new(worker(), config)
}

fn check(player: &Player, name: &str, body: &str, expected: &[Got]) {
    for &expected in expected {
        let got = ask(player, &session("s"), &operation(name), body.as_bytes());
        assert_eq!(got, expected, "{name} {body}");
    }
}

#[test]
fn the_first_poll_brings_the_job() {
    use Got::{EmptyPoll, Seq};
    for (exhausted, then, only_empty) in [
        (Exhausted::Auto, EmptyPoll, EmptyPoll),
        (Exhausted::Error, USED_UP, USED_UP),
        (Exhausted::RepeatLast, Seq(4), EmptyPoll),
        (Exhausted::Loop, Seq(4), EmptyPoll),
    ] {
        let player = player(exhausted, Order::Keyed);
        check(&player, POLL, "a", &[Seq(4), then, then]);
        check(&player, POLL, "b", &[only_empty, only_empty]);
        check(&player, POLL, "z", &[Got::Missed(MissCause::NeverRecorded)]);
    }
}

#[test]
fn what_is_passed_over_is_not_left_unplayed() {
    let player = player(Exhausted::Auto, Order::Keyed);
    let left = |who: Option<&str>| -> Vec<u64> {
        let who = who.map(session);
        let (list, total) = player.unplayed(who.as_ref(), 9);
        assert_eq!(list.len(), total);
        list.iter().map(|one| one.seq).collect()
    };
    assert_eq!((left(None), left(Some("s"))), (vec![3, 4], vec![3, 4]));
    assert_eq!(player.summary().unplayed, 2);
    check(&player, POLL, "a", &[Got::Seq(4), Got::EmptyPoll]);
    check(&player, POLL, "b", &[Got::EmptyPoll]);
    assert_eq!((left(None), left(Some("s"))), (vec![3], vec![3]));
    assert_eq!(player.summary().unplayed, 1);
    player.reset(Reset::Everything);
    assert_eq!(left(None), [3, 4]);
}

#[test]
fn strict_order_does_not_wait_for_them() {
    let player = player(Exhausted::Auto, Order::Strict);
    check(&player, POLL, "a", &[Got::Missed(MissCause::NotYet)]);
    check(&player, "AcknowledgeJob", "c", &[Got::Seq(3)]);
    check(&player, POLL, "a", &[Got::Seq(4), Got::EmptyPoll]);
}

#[test]
fn a_miss_says_that_all_were_passed_over() {
    let player = player(Exhausted::Error, Order::Keyed);
    let miss = player.play(&session("s"), &operation(POLL), b"b");
    let message = &miss.unwrap_err().miss.message;
    assert!(
        message.contains(
            "only answered without a job, last as exchange 5, and `--skip-empty-polls` passes"
        ),
        "{message}"
    );
}
