//! Matching by less than all of a request.

use super::tape::{Got, ask, operation, session, tape, with_rules};
use crate::matching::MatchBy;
use crate::player::{MissCause, Player, PlayerConfig};
use crate::rules::Rules;

const NAME: &str = "PutJobFailureResult";

fn failure(message: &str) -> String {
    format!(r#"{{"jobId":"a","failureDetails":{{"message":"{message}"}}}}"#)
}

/// Which of the requests answered were marked.
fn marks(player: &Player) -> Vec<bool> {
    let (served, _) = player.served();
    served.iter().map(|one| one.is_loosened).collect()
}

#[test]
fn each_loosened_match_is_marked_and_counted() {
    let tape = || {
        tape([
            (NAME, failure("1")),
            (NAME, failure("2")),
            (NAME, failure("3")),
        ])
    };
    let ignore = || vec!["/failureDetails".parse().unwrap()];
    let rules = Rules {
        ignore: ignore(),
        ..Rules::default()
    };
    let config = PlayerConfig::default;
    for (tape, config) in [
        (
            tape(),
            PlayerConfig {
                match_by: MatchBy::Identity,
                ..config()
            },
        ),
        (
            tape(),
            PlayerConfig {
                ignore: ignore(),
                ..config()
            },
        ),
        (with_rules(tape(), rules), config()),
    ] {
        let player = Player::new(tape, config);
        // In recorded order, whatever the message; the first one to the byte, with the message of the third.
        for (seq, message) in (1..).zip(["1", "x", "1"]) {
            let got = ask(
                &player,
                &session("s"),
                &operation(NAME),
                failure(message).as_bytes(),
            );
            assert_eq!(got, Got::Seq(seq));
        }
        assert_eq!(marks(&player), [false, true, true]);
        assert_eq!((player.summary().loosened, player.tally().loosened), (2, 2));
        let (list, unlisted) = player.loose_matches();
        let told: Vec<_> = list
            .iter()
            .map(|one| (one.exchange, one.differences[0].as_str(), one.count))
            .collect();
        let place = "/failureDetails/message: recorded";
        let expected = [
            (2, format!("{place} \"2\", got \"x\"")),
            (3, format!("{place} \"3\", got \"1\"")),
        ];
        let expected = expected
            .each_ref()
            .map(|(seq, text)| (*seq, text.as_str(), 1));
        assert_eq!((told.as_slice(), unlisted), (&expected[..], 0));
        let used_up = ask(
            &player,
            &session("s"),
            &operation(NAME),
            failure("y").as_bytes(),
        );
        assert_eq!(used_up, Got::Missed(MissCause::UsedUp));
        assert_eq!(player.summary().loosened, 2);
    }
    let exact = Player::new(tape(), config());
    for (seq, message) in [(2, "2"), (3, "3")] {
        let got = ask(
            &exact,
            &session("s"),
            &operation(NAME),
            failure(message).as_bytes(),
        );
        assert_eq!(got, Got::Seq(seq));
    }
    let missed = ask(
        &exact,
        &session("s"),
        &operation(NAME),
        failure("x").as_bytes(),
    );
    assert_eq!(missed, Got::Missed(MissCause::NeverRecorded));
    assert_eq!(
        (marks(&exact), exact.summary().loosened),
        (vec![false; 2], 0)
    );
}
