//! Cursors, sessions, listings.

use pipetape_core::Answer;
use pipetape_core::protocol::NoOperation;

use super::tape::{Got, ask, operation, player, session, tape, with_rules};
use crate::exchange::Outcome;
use crate::fault::Fault;
use crate::name::SessionName;
use crate::player::{
    Exhausted, MissCause, Novelty, PlaySummary, Player, PlayerConfig, RecordedAnswer, Refusal,
    Reset,
};
use crate::rules::Rules;

const USED_UP: Got = Got::Missed(MissCause::UsedUp);
const NEVER: Got = Got::Missed(MissCause::NeverRecorded);

/// Sends `name` and `body` over and over.
fn check(player: &Player, who: &str, name: &str, body: &str, expected: &[Got]) {
    for (index, &expected) in expected.iter().enumerate() {
        let got = ask(player, &session(who), &operation(name), body.as_bytes());
        assert_eq!(got, expected, "request {index} of {who}: {name} {body}");
    }
}

fn worker() -> crate::exchange::Tape {
    tape([
        ("PollForJobs", r#"{"actionTypeId":{}}"#),
        ("AcknowledgeJob", r#"{"jobId":"a","nonce":"1"}"#),
        ("PollForJobs", r#"{"actionTypeId":{}}"#),
        ("AcknowledgeJob", r#"{"jobId":"a","nonce":"1"}"#),
        ("GetJobDetails", r#"{"jobId":"a"}"#),
        ("PutJobSuccessResult", r#"{"jobId":"a"}"#),
    ])
}

#[test]
fn each_key_plays_in_order_then_by_policy() {
    use Got::{EmptyPoll, Seq};
    let poll = ("PollForJobs", r#"{ "actionTypeId": {} }"#);
    let ack = ("AcknowledgeJob", r#"{"nonce":"\u0031","jobId":"a"}"#);
    let details = ("GetJobDetails", r#"{"jobId":"a"}"#);
    for (exhausted, polls, acks, last) in [
        (
            Exhausted::Auto,
            [Seq(1), Seq(3), EmptyPoll, EmptyPoll],
            [Seq(2), Seq(4), USED_UP, USED_UP],
            USED_UP,
        ),
        (
            Exhausted::Error,
            [Seq(1), Seq(3), USED_UP, USED_UP],
            [Seq(2), Seq(4), USED_UP, USED_UP],
            USED_UP,
        ),
        (
            Exhausted::RepeatLast,
            [Seq(1), Seq(3), Seq(3), Seq(3)],
            [Seq(2), Seq(4), Seq(4), Seq(4)],
            Seq(5),
        ),
        (
            Exhausted::Loop,
            [Seq(1), Seq(3), Seq(1), Seq(3)],
            [Seq(2), Seq(4), Seq(2), Seq(4)],
            Seq(5),
        ),
    ] {
        let player = player(worker(), exhausted);
        check(&player, "default", poll.0, poll.1, &polls);
        check(&player, "default", ack.0, ack.1, &acks);
        // The same body, another operation.
        check(&player, "default", details.0, details.1, &[Seq(5), last]);
        check(
            &player,
            "default",
            "PutJobSuccessResult",
            details.1,
            &[Seq(6)],
        );
        // A poll that was never recorded is not an exhausted one.
        check(&player, "default", "PollForJobs", "{}", &[NEVER]);
        check(
            &player,
            "default",
            "PollForThirdPartyJobs",
            poll.1,
            &[NEVER],
        );
        check(&player, "default", "GetPipeline", "{}", &[NEVER, NEVER]);
    }
}

#[test]
fn an_operation_may_have_a_policy_of_its_own() {
    use Got::Seq;
    let config = PlayerConfig {
        exhausted: Exhausted::Loop,
        exhausted_by: vec![
            (operation("AcknowledgeJob"), Exhausted::RepeatLast),
            (operation("PollForJobs"), Exhausted::Error),
        ],
        ..PlayerConfig::default()
    };
    let player = Player::new(worker(), config);
    let ack = r#"{"jobId":"a","nonce":"1"}"#;
    let acks = [Seq(2), Seq(4), Seq(4)];
    check(&player, "default", "AcknowledgeJob", ack, &acks);
    let polls = [Seq(1), Seq(3), USED_UP];
    check(
        &player,
        "default",
        "PollForJobs",
        r#"{"actionTypeId":{}}"#,
        &polls,
    );
    let details = r#"{"jobId":"a"}"#;
    check(
        &player,
        "default",
        "GetJobDetails",
        details,
        &[Seq(5), Seq(5)],
    );
}

#[test]
fn sessions_have_cursors_of_their_own() {
    let player = player(worker(), Exhausted::Error);
    let details = ("GetJobDetails", r#"{"jobId":"a"}"#);
    for who in ["a", "default", "b"] {
        check(&player, who, details.0, details.1, &[Got::Seq(5), USED_UP]);
    }
    assert_eq!(player.reset(Reset::Session(&session("a"))), 1);
    assert_eq!(player.reset(Reset::Session(&session("nobody"))), 0);
    check(&player, "a", details.0, details.1, &[Got::Seq(5), USED_UP]);
    check(&player, "b", details.0, details.1, &[USED_UP]);
    assert_eq!(player.tally().sessions, 3);
}

#[test]
fn a_secret_matches_by_its_placeholder_and_tapes_by_hand_are_redacted_too() {
    // The tape holds a token in the clear, as only one written by hand does.
    let body = r#"{"jobId":"a","clientToken":"open-sesame"}"#;
    let player = player(
        with_rules(
            tape([("GetThirdPartyJobDetails", body)]),
            Rules {
                ignore: vec!["/noise".parse().unwrap()],
                ..Rules::default()
            },
        ),
        Exhausted::Loop,
    );
    let name = "GetThirdPartyJobDetails";
    check(&player, "default", name, body, &[Got::Seq(1)]);
    let redacted = crate::Redactor::for_replay(&Rules::default());
    let redacted = String::from_utf8(redacted.body(body.as_bytes()).into_owned()).unwrap();
    assert_ne!(redacted, body);
    check(&player, "default", name, &redacted, &[Got::Seq(1)]);
    let noisy = redacted.replace('}', r#","noise":[7]}"#);
    check(&player, "default", name, &noisy, &[Got::Seq(1)]);
    check(
        &player,
        "default",
        name,
        r#"{"jobId":"a","clientToken":"open"}"#,
        &[NEVER],
    );
}

#[test]
fn everything_served_is_listed_in_order() {
    let mut tape = worker();
    tape.exchanges[4].outcome = Outcome::Fault(Fault::Reset);
    tape.exchanges[5].outcome = Outcome::Fault(Fault::Timeout);
    let player = player(tape, Exhausted::Auto);
    let poll = r#"{"actionTypeId":{}}"#;
    check(&player, "default", "PollForJobs", poll, &[Got::Seq(1)]);
    check(
        &player,
        "s",
        "PollForJobs",
        poll,
        &[Got::Seq(1), Got::Seq(3), Got::EmptyPoll],
    );
    let about = br#"{"jobId":"a"}"#;
    let reset = player.play(&session("s"), &operation("GetJobDetails"), about);
    assert!(matches!(reset, Ok(Answer::Reset)));
    let timeout = player.play(&session("s"), &operation("PutJobSuccessResult"), about);
    assert!(matches!(timeout, Ok(Answer::Response(response)) if response.status() == 504));
    check(&player, "s", "GetJobDetails", "{}", &[NEVER]);

    let (served, forgotten) = player.served();
    assert_eq!(forgotten, 0);
    let served: Vec<_> = served
        .iter()
        .map(|one| {
            let by = match (one.seq, one.times) {
                (Some(seq), 1) => seq.to_string(),
                (Some(seq), times) => format!("{seq} for the {times}th time"),
                (None, _) => "empty".to_owned(),
            };
            let RecordedAnswer { status, fault } = one.answer;
            format!(
                "{} {} {by} {status:?} {fault:?}",
                one.session, one.operation
            )
        })
        .collect();
    assert_eq!(
        served,
        [
            "default PollForJobs 1 Some(200) None",
            "s PollForJobs 1 Some(200) None",
            "s PollForJobs 3 Some(200) None",
            "s PollForJobs empty Some(200) None",
            r#"s GetJobDetails 5 None Some("reset")"#,
            r#"s PutJobSuccessResult 6 Some(504) Some("timeout")"#,
        ]
    );
    assert_eq!(
        player.summary(),
        PlaySummary {
            served: 6,
            missed: 1,
            unplayed: 2,
            loosened: 0,
        }
    );
}

#[test]
fn what_is_unplayed_depends_on_who_is_asked_about() {
    let player = player(worker(), Exhausted::Loop);
    let unplayed = |who: Option<&str>| -> Vec<u64> {
        let who = who.map(session);
        let (list, total) = player.unplayed(who.as_ref(), 100);
        assert_eq!(list.len(), total);
        list.iter().map(|one| one.seq).collect()
    };
    let ack = r#"{"jobId":"a","nonce":"1"}"#;
    check(&player, "x", "AcknowledgeJob", ack, &[Got::Seq(2)]);
    check(
        &player,
        "y",
        "AcknowledgeJob",
        ack,
        &[Got::Seq(2), Got::Seq(4), Got::Seq(2)],
    );
    check(
        &player,
        "y",
        "GetJobDetails",
        r#"{"jobId":"a"}"#,
        &[Got::Seq(5)],
    );
    assert_eq!(unplayed(None), [1, 3, 6]);
    assert_eq!(unplayed(Some("x")), [1, 3, 4, 5, 6]);
    assert_eq!(unplayed(Some("y")), [1, 3, 6]);
    assert_eq!(unplayed(Some("z")), [1, 2, 3, 4, 5, 6]);
    assert_eq!(player.tally().sessions, 3, "asking about one makes none");
    let (list, total) = player.unplayed(None, 1);
    assert_eq!((list.len(), list[0].seq, total), (1, 1, 3));

    player.reset(Reset::Session(&session("y")));
    assert_eq!(unplayed(Some("y")), [1, 2, 3, 4, 5, 6]);
    assert_eq!(unplayed(None), [1, 3, 6]);
    player.reset(Reset::Everything);
    assert_eq!(unplayed(None), [1, 2, 3, 4, 5, 6]);
    assert_eq!(player.summary().unplayed, 3, "the summary forgets nothing");
}

#[test]
fn a_reset_of_everything_empties_the_lists_and_keeps_the_counts() {
    let player = player(worker(), Exhausted::Auto);
    check(
        &player,
        "a",
        "GetJobDetails",
        r#"{"jobId":"a"}"#,
        &[Got::Seq(5), USED_UP, USED_UP],
    );
    check(&player, "a", "GetJobDetails", "{}", &[NEVER]);
    let refused = player.refuse("a", None, &Refusal::NoOperation(NoOperation::NoTarget));
    assert_eq!(refused.novelty, Novelty::First);
    let counts: Vec<_> = player
        .misses()
        .0
        .iter()
        .map(|one| (one.miss.cause, one.count))
        .collect();
    assert_eq!(
        counts,
        [
            (MissCause::UsedUp, 2),
            (MissCause::NeverRecorded, 1),
            (MissCause::NoOperation, 1)
        ]
    );
    assert_eq!(player.reset(Reset::Everything), 2);
    assert_eq!(player.misses(), (vec![], 0));
    assert_eq!(player.served(), (vec![], 0));
    let PlaySummary { served, missed, .. } = player.summary();
    assert_eq!((served, missed), (1, 4));
    let tally = player.tally();
    assert_eq!(tally.served, [("GetJobDetails", 1)]);
    assert_eq!(tally.missed, [("GetJobDetails", 3), ("none", 1)]);
    check(
        &player,
        "a",
        "GetJobDetails",
        r#"{"jobId":"a"}"#,
        &[Got::Seq(5)],
    );
}

#[test]
fn each_session_has_a_tally() {
    let player = player(worker(), Exhausted::Loop);
    let details = r#"{"jobId":"a"}"#;
    let tallies = || -> Vec<_> {
        let tallies = player.sessions();
        tallies
            .iter()
            .map(|one| (one.session.to_string(), one.served, one.unplayed))
            .collect()
    };
    let of = |name: &str, served, unplayed| (name.to_owned(), served, unplayed);
    for who in ["z", "a", "z"] {
        check(&player, who, "GetJobDetails", details, &[Got::Seq(5)]);
    }
    check(&player, "z", "GetJobDetails", "{}", &[NEVER]);
    assert_eq!(
        tallies(),
        [of("a", 1, 5), of("default", 0, 6), of("z", 2, 5)]
    );
    player.reset(Reset::Session(&session("z")));
    assert_eq!(tallies()[2], of("z", 2, 6));
    check(&player, "default", "GetJobDetails", details, &[Got::Seq(5)]);
    player.reset(Reset::Everything);
    assert_eq!(tallies(), [of("default", 0, 6)]);
}

#[test]
fn an_empty_tape_plays_nothing() {
    let player = player(tape::<&str>([]), Exhausted::Loop);
    check(&player, "default", "PollForJobs", "{}", &[NEVER]);
    assert_eq!(
        player.unplayed(Some(&SessionName::default()), 9),
        (vec![], 0)
    );
    assert_eq!(player.summary().unplayed, 0);
}
