//! One exchange as a line.

use super::facts::Facts;
use crate::palette::{Palette, Tone};
use crate::printable::printable;
use crate::units;

/// Widths of the columns: the longest name of a worker's ordinary calls, a short id, `timeout`, `59.9 s`, `1.5 KiB`.
/// What is longer moves the rest of its line.
const OPERATION: usize = 19;
const JOB: usize = 8;
const RESULT: usize = 7;
const LATENCY: usize = 6;
const SIZE: usize = 8;
/// Most characters of a text that a client chooses.
const LONGEST: usize = 40;
/// Where a second line begins: below the operation.
const INDENT: &str = "          ";

/// The line, without its end; two where the terminal is too narrow for what was redacted. `time` is of eight characters.
pub(super) fn line(time: &str, facts: &Facts, width: Option<usize>, palette: Palette) -> String {
    let operation = shown(&facts.operation);
    let job = facts.job.as_deref().map_or("-".to_owned(), shown);
    let result = result(facts);
    let latency = facts.latency_ms.map_or("-".to_owned(), units::duration);
    let size = facts.bytes.map_or("-".to_owned(), units::bytes);
    let plain_length = |text: &str| text.chars().count();
    let painted = palette.paint(tone(facts), &result);
    let padding = " ".repeat(RESULT.saturating_sub(plain_length(&result)));
    let mut line = format!(
        "{}  {operation:<OPERATION$}  {job:<JOB$}  {painted}{padding}  {latency:>LATENCY$}  {size:>SIZE$}",
        palette.paint(Tone::Quiet, time),
    );
    let mut length = [
        plain_length(time),
        plain_length(&operation).max(OPERATION),
        plain_length(&job).max(JOB),
        plain_length(&result).max(RESULT),
        plain_length(&latency).max(LATENCY),
        plain_length(&size).max(SIZE),
    ]
    .iter()
    .map(|column| column + 2)
    .sum::<usize>()
        - 2;
    let notes = notes(facts);
    if !notes.is_empty() {
        line.push_str("  ");
        line.push_str(&notes);
        length += 2 + plain_length(&notes);
    }
    if let Some(redacted) = redacted(facts) {
        let mut redacted = redacted;
        match width {
            Some(width) if length + 2 + plain_length(&redacted) > width => {
                line.push('\n');
                line.push_str(INDENT);
                let room = width.saturating_sub(INDENT.len()).max(LONGEST / 2);
                if plain_length(&redacted) > room {
                    redacted = redacted.chars().take(room - 1).chain(['…']).collect();
                }
            }
            _ => line.push_str("  "),
        }
        line.push_str(&palette.paint(Tone::Quiet, &redacted));
    }
    line
}

/// Status, or fault, or both.
fn result(facts: &Facts) -> String {
    match (facts.status, &facts.fault) {
        (Some(status), Some(fault)) => format!("{status} {}", shown(fault)),
        (Some(status), None) => status.to_string(),
        (None, Some(fault)) => shown(fault),
        (None, None) => "-".to_owned(),
    }
}

fn tone(facts: &Facts) -> Tone {
    match (&facts.fault, facts.status, facts.message.as_str()) {
        (Some(_), _, _) | (_, Some(500..), _) | (_, _, "missed" | "not recorded") => Tone::Bad,
        (_, Some(400..), _) => Tone::Doubtful,
        _ => Tone::Good,
    }
}

/// What else there is to say: its place on the tape, and what is out of the ordinary.
fn notes(facts: &Facts) -> String {
    let mut notes = Vec::new();
    match (facts.seq, facts.message.as_str()) {
        (Some(seq), _) => notes.push(format!("#{seq}")),
        (None, "served") => notes.push("an empty poll".to_owned()),
        (None, "missed") => {
            let cause = facts.cause.as_deref().unwrap_or("-");
            notes.push(format!("MISSED: {}", shown(cause)));
        }
        (None, "not recorded") => notes.push("NOT RECORDED".to_owned()),
        (None, _) => {}
    }
    if let Some(times) = facts.times {
        notes.push(format!("for the {}", nth(times)));
    }
    if facts.is_loosened {
        notes.push("loosened".to_owned());
    }
    if let Some(session) = &facts.session {
        notes.push(format!("session {}", shown(session)));
    }
    notes.join(", ")
}

fn nth(times: u64) -> String {
    let ending = match (times % 10, times % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{times}{ending} time")
}

fn redacted(facts: &Facts) -> Option<String> {
    let count = facts.redacted?;
    let names = printable(facts.redacted_names.as_deref().unwrap_or_default()).into_owned();
    Some(format!("redacted {count}: {names}"))
}

/// A text, made safe, and cut where it is far too long.
fn shown(text: &str) -> String {
    let kept: String = text.chars().take(LONGEST).collect();
    let more = if kept.len() < text.len() { "…" } else { "" };
    format!("{}{more}", printable(&kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "12:03:04";

    fn facts(message: &str, operation: &str) -> Facts {
        Facts {
            message: message.to_owned(),
            operation: operation.to_owned(),
            job: Some("0f1e2d3c".to_owned()),
            status: Some(200),
            latency_ms: Some(41),
            bytes: Some(48),
            ..Facts::default()
        }
    }

    fn poll() -> Facts {
        Facts {
            bytes: Some(2_400),
            latency_ms: Some(1_240),
            seq: Some(1),
            redacted: Some(5),
            redacted_names: Some(
                "accessKeyId, accountId, secretAccessKey, sessionToken".to_owned(),
            ),
            ..facts("recorded", "PollForJobs")
        }
    }

    #[test]
    fn lines_stand_below_each_other() {
        let plain = |facts: &Facts| line(TIME, facts, None, Palette::plain());
        let lines = [
            poll(),
            Facts {
                seq: Some(2),
                ..facts("recorded", "AcknowledgeJob")
            },
            Facts {
                status: None,
                fault: Some("timeout".to_owned()),
                bytes: None,
                latency_ms: Some(60_000),
                seq: Some(3),
                ..facts("recorded", "PutJobSuccessResult")
            },
            facts("not recorded", "PutJobSuccessResult"),
            Facts {
                job: None,
                seq: Some(7),
                times: Some(2),
                is_loosened: true,
                session: Some("ci-3".to_owned()),
                ..facts("served", "PutJobFailureResult")
            },
            Facts {
                job: None,
                ..facts("served", "PollForJobs")
            },
            Facts {
                status: Some(400),
                cause: Some("never recorded".to_owned()),
                ..facts("missed", "GetJobDetails")
            },
            Facts {
                status: Some(400),
                fault: Some("throttle".to_owned()),
                ..facts("answered", "AcknowledgeThirdPartyJob")
            },
        ];
        let lines: Vec<String> = lines.iter().map(plain).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        12:03:04  PollForJobs          0f1e2d3c  200       1.2 s   2.3 KiB  #1  redacted 5: accessKeyId, accountId, secretAccessKey, sessionToken
        12:03:04  AcknowledgeJob       0f1e2d3c  200       41 ms      48 B  #2
        12:03:04  PutJobSuccessResult  0f1e2d3c  timeout   1m 0s         -  #3
        12:03:04  PutJobSuccessResult  0f1e2d3c  200       41 ms      48 B  NOT RECORDED
        12:03:04  PutJobFailureResult  -         200       41 ms      48 B  #7, for the 2nd time, loosened, session ci-3
        12:03:04  PollForJobs          -         200       41 ms      48 B  an empty poll
        12:03:04  GetJobDetails        0f1e2d3c  400       41 ms      48 B  MISSED: never recorded
        12:03:04  AcknowledgeThirdPartyJob  0f1e2d3c  400 throttle   41 ms      48 B
        ");
    }

    #[test]
    fn a_narrow_terminal_gets_a_second_line() {
        let narrow = |width| line(TIME, &poll(), Some(width), Palette::plain());
        insta::assert_snapshot!(narrow(80), @r"
        12:03:04  PollForJobs          0f1e2d3c  200       1.2 s   2.3 KiB  #1
                  redacted 5: accessKeyId, accountId, secretAccessKey, sessionToken
        ");
        insta::assert_snapshot!(narrow(50), @r"
        12:03:04  PollForJobs          0f1e2d3c  200       1.2 s   2.3 KiB  #1
                  redacted 5: accessKeyId, accountId, sec…
        ");
        assert!(narrow(80).lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn nothing_reaches_the_terminal_raw() {
        let hostile = Facts {
            job: Some("\u{1b}[2J".to_owned()),
            fault: Some("\r\n".to_owned()),
            redacted: Some(1),
            redacted_names: Some("\u{9b}31m".to_owned()),
            session: Some("\u{202e}".to_owned()),
            ..facts("answered", &"O\u{7}".repeat(100))
        };
        let text = line(TIME, &hostile, None, Palette::plain());
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
        assert!(text.len() < 400, "{text}");
    }

    #[test]
    fn colours_say_good_and_bad() {
        let coloured = |facts: &Facts| line(TIME, facts, None, Palette::coloured());
        assert!(coloured(&facts("answered", "PollForJobs")).contains("\u{1b}[32m200\u{1b}[0m"));
        let refused = Facts {
            status: Some(400),
            ..facts("recorded", "AcknowledgeJob")
        };
        assert!(coloured(&refused).contains("\u{1b}[33m400\u{1b}[0m"));
        let missed = Facts {
            status: Some(400),
            ..facts("missed", "AcknowledgeJob")
        };
        assert!(coloured(&missed).contains("\u{1b}[31m400\u{1b}[0m"));
    }

    #[test]
    fn times_are_counted() {
        let texts = [1, 2, 3, 4, 11, 22, 113].map(nth);
        assert_eq!(texts[1], "2nd time");
        let endings: Vec<&str> = texts
            .iter()
            .map(|text| &text[text.len() - 7..text.len() - 5])
            .collect();
        assert_eq!(endings, ["st", "nd", "rd", "th", "th", "nd", "th"]);
    }
}
