//! Any sequence of requests against any tape.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::tape::{Got, ask, operation, player, session, tape};
use crate::player::{Exhausted, MissCause, Reset};

const NAMES: [&str; 3] = ["AcknowledgeJob", "PollForJobs", "GetJobDetails"];

fn body(number: usize) -> String {
    format!("{{\"jobId\":\"{number}\"}}")
}

fn requests() -> impl Strategy<Value = Vec<(usize, usize)>> {
    proptest::collection::vec((0..NAMES.len(), 0usize..4), 0..40)
}

proptest! {
    /// Under every policy a session is given what a list for each request, walked through alone, would
    /// give: no exchange twice under `error`, in recorded order, whatever other sessions do.
    #[test]
    fn sessions_play_alone_and_in_order(
        on_tape in requests(),
        asked in proptest::collection::vec((0usize..3, 0..NAMES.len(), 0usize..5, any::<bool>()), 0..120),
        policy in 0usize..4,
    ) {
        let exhausted = [Exhausted::Auto, Exhausted::Error, Exhausted::RepeatLast, Exhausted::Loop][policy];
        let player = player(
            tape(on_tape.iter().map(|&(name, number)| (NAMES[name], body(number)))),
            exhausted,
        );
        let mut recorded: HashMap<(usize, usize), Vec<u64>> = HashMap::new();
        for (seq, &request) in (1..).zip(&on_tape) {
            recorded.entry(request).or_default().push(seq);
        }
        let mut asked_before: HashMap<(usize, usize, usize), usize> = HashMap::new();
        let mut given: HashSet<(usize, u64)> = HashSet::new();
        for (who, name, number, to_the_byte) in asked {
            let before = asked_before.entry((who, name, number)).or_insert(0);
            let expected = match recorded.get(&(name, number)) {
                None => Got::Missed(MissCause::NeverRecorded),
                Some(seqs) => match (seqs.get(*before), exhausted) {
                    (Some(&seq), _) => Got::Seq(seq),
                    (None, Exhausted::Auto) if name == 1 => Got::EmptyPoll,
                    (None, Exhausted::Auto | Exhausted::Error) => Got::Missed(MissCause::UsedUp),
                    (None, Exhausted::RepeatLast) => Got::Seq(seqs[seqs.len() - 1]),
                    (None, Exhausted::Loop) => Got::Seq(seqs[*before % seqs.len()]),
                },
            };
            *before += 1;
            let body = if to_the_byte { body(number) } else { body(number).replace(':', " : ") };
            let got = ask(&player, &session(&who.to_string()), &operation(NAMES[name]), body.as_bytes());
            prop_assert_eq!(got, expected);
            if let (Got::Seq(seq), Exhausted::Auto | Exhausted::Error) = (got, exhausted) {
                prop_assert!(given.insert((who, seq)), "exchange {} twice", seq);
            }
        }
        for who in 0..3 {
            let (left, total) = player.unplayed(Some(&session(&who.to_string())), usize::MAX);
            prop_assert_eq!(left.len(), total);
            if exhausted == Exhausted::Error {
                let played = given.iter().filter(|(other, _)| *other == who).count();
                prop_assert_eq!(total, on_tape.len() - played);
                prop_assert!(left.iter().all(|one| !given.contains(&(who, one.seq))));
            }
        }
        player.reset(Reset::Everything);
        prop_assert_eq!(player.unplayed(None, usize::MAX).1, on_tape.len());
    }

    /// Whatever bytes come: an answer or a miss whose message is one harmless, bounded line.
    #[test]
    fn no_request_breaks_it(
        recorded in proptest::collection::vec(any::<u8>(), 0..60),
        body in proptest::collection::vec(any::<u8>(), 0..60),
        text in r#"[\[\]{}",:\\u0-9a-e ]{0,30}|\PC{0,30}"#,
    ) {
        let tape = tape([("GetJobDetails", recorded), ("GetJobDetails", br#"{"jobId":"a","list":[1,{"x":null}]}"#.to_vec())]);
        let player = player(tape, Exhausted::Error);
        for body in [&body[..], text.as_bytes()] {
            if let Err(report) = player.play(&session("s"), &operation("GetJobDetails"), body) {
                let message = &report.miss.message;
                prop_assert!(message.len() <= 4096);
                prop_assert!(!message.chars().any(char::is_control), "{:?}", message);
            }
        }
    }
}
