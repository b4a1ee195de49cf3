//! Findings of sessions as they are played: which requests are noted, and whose they are.

use pipetape_core::Operation;

use super::tape::{operation, session, tape};
use crate::exchange::Tape;
use crate::findings::{FindingRule, Findings};
use crate::player::tests::tape::answered;
use crate::player::{Exhausted, Player, PlayerConfig, Reset};

const POLL: (&str, &str) = ("PollForJobs", "{}");
const TAKE: (&str, &str) = ("AcknowledgeJob", r#"{"jobId":"a","nonce":"1"}"#);
const FAIL: (&str, &str) = ("PutJobFailureResult", r#"{"jobId":"a"}"#);

/// A job handed out, taken and failed; the poll is answered twice, the second time without a job.
fn worker() -> Tape {
    let mut tape = tape([POLL, POLL, TAKE, FAIL]);
    let bodies = [
        r#"{"jobs":[{"id":"a","nonce":"1"}]}"#,
        r#"{"jobs":[]}"#,
        r#"{"status":"InProgress"}"#,
        "",
    ];
    for (exchange, body) in tape.exchanges.iter_mut().zip(bodies) {
        exchange.outcome = answered(200, body);
    }
    tape
}

fn player(tape: Tape, ignore: &[&str]) -> Player {
    let config = PlayerConfig {
        ignore: ignore.iter().map(|one| one.parse().unwrap()).collect(),
        exhausted_by: vec![(Operation::PutJobFailureResult, Exhausted::RepeatLast)],
        ..PlayerConfig::default()
    };
    Player::new(tape, config)
}

fn play(player: &Player, name: &str, calls: &[(&str, &str)]) {
    for (call, body) in calls {
        let _ = player.play(&session(name), &operation(call), body.as_bytes());
    }
}

/// Session, rule, exchange and count of each.
fn told(findings: &Findings) -> Vec<(&str, FindingRule, Option<u64>, u64)> {
    let list = findings.list.iter();
    list.map(|one| (one.session.as_str(), one.rule, one.exchange, one.count))
        .collect()
}

#[test]
fn sessions_are_judged_apart() {
    use FindingRule::{NeverAcknowledged, NonceNeverHandedOut, ResultSentTwice};
    let player = player(worker(), &[]);
    play(&player, "good", &[POLL, TAKE, FAIL, POLL, POLL]);
    play(&player, "left", &[POLL]);
    play(&player, "twice", &[POLL, TAKE, FAIL, FAIL, FAIL]);
    // What other sessions were handed out does not count here.
    play(&player, "guess", &[TAKE]);
    let wrong = ("AcknowledgeJob", r#"{"jobId":"a","nonce":"7"}"#);
    play(&player, "miss", &[POLL, wrong]);
    let findings = player.findings();
    assert_eq!(
        told(&findings),
        [
            ("guess", NonceNeverHandedOut, Some(3), 1),
            ("left", NeverAcknowledged, Some(1), 1),
            ("miss", NonceNeverHandedOut, None, 1),
            ("twice", ResultSentTwice, Some(4), 2),
        ]
    );
    assert_eq!((findings.unlisted, findings.unjudged), (0, 0));
    assert_eq!(player.findings(), findings);
    player.reset(Reset::Everything);
    assert_eq!(player.findings(), Findings::default());
}

/// What was sent counts, not what it matched.
#[test]
fn a_loose_match_hides_nothing() {
    let player = player(worker(), &["/nonce"]);
    let wrong = ("AcknowledgeJob", r#"{"jobId":"a","nonce":"7"}"#);
    play(&player, "s", &[POLL, wrong]);
    assert_eq!(player.summary().loosened, 1);
    let findings = player.findings();
    assert_eq!(
        told(&findings),
        [("s", FindingRule::NonceNeverHandedOut, Some(3), 1)]
    );
    assert!(findings.list[0].message.contains("\"7\""));
}

#[test]
fn starting_over_is_no_second_result() {
    let player = player(worker(), &[]);
    let name = session("s");
    for _ in 0..2 {
        play(&player, "s", &[POLL, TAKE, FAIL]);
        player.reset(Reset::Session(&name));
    }
    assert_eq!(told(&player.findings()), []);
    play(&player, "s", &[POLL, TAKE, FAIL, FAIL]);
    player.reset(Reset::Session(&name));
    play(&player, "s", &[POLL]);
    let findings = player.findings();
    let rules: Vec<_> = findings.list.iter().map(|one| one.rule).collect();
    assert_eq!(
        rules,
        [FindingRule::ResultSentTwice, FindingRule::NeverAcknowledged]
    );
}

#[test]
fn many_are_counted() {
    let mut tape = tape([POLL]);
    let jobs: Vec<_> = (0..1200)
        .map(|job| format!(r#"{{"id":"{job}","nonce":"1"}}"#))
        .collect();
    let body = format!(r#"{{"jobs":[{}]}}"#, jobs.join(","));
    tape.exchanges[0].outcome = answered(200, &body);
    let player = player(tape, &[]);
    play(&player, "s", &[POLL]);
    let findings = player.findings();
    assert_eq!((findings.list.len(), findings.unlisted), (1000, 200));
    assert_eq!(findings.total(), 1200);
}
