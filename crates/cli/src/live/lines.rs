//! Shows each exchange's event as a line.

use std::io;
use std::sync::{Mutex, PoisonError};

use pipetape_tape::UnixMillis;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::event::{ExchangeCounts, ExchangeEvent};
use crate::terminal::{self, Palette, Tone};
use crate::text::{self, brief, printable};

/// Whether the counts of exchanges are shown below the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CountsBelow {
    /// They are, and are drawn again with each line.
    Shown,
    /// They are not: a wrapped command writes there too, or the terminal can't remove a line.
    Hidden,
}

/// The targets of the events that are shown.
pub(crate) fn targets() -> [&'static str; 3] {
    [
        pipetape_proxy::EXCHANGES,
        pipetape_replay::EXCHANGES,
        pipetape_emulator::EXCHANGES,
    ]
}

/// Writes a line to stderr for each event it is given.
#[derive(Debug)]
pub(crate) struct LiveLines {
    palette: Palette,
    below: CountsBelow,
    counts: Mutex<ExchangeCounts>,
}

impl LiveLines {
    pub(crate) fn new(palette: Palette, below: CountsBelow) -> Self {
        Self {
            palette,
            below,
            counts: Mutex::default(),
        }
    }
}

impl<S: Subscriber> Layer<S> for LiveLines {
    fn on_event(&self, logged: &Event<'_>, _: Context<'_, S>) {
        let mut event = ExchangeEvent::default();
        logged.record(&mut event);
        let now = UnixMillis::now().to_string();
        // The time of day in 2026-01-01T12:03:04.000Z.
        let time = now.get(11..19).unwrap_or(&now);
        let line = line(time, &event, terminal::width(io::stderr()), self.palette);
        match self.below {
            CountsBelow::Hidden => terminal::say(line),
            CountsBelow::Shown => {
                let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
                counts.add(&event);
                terminal::say_with_counts(line, counts.text());
            }
        }
    }
}

/// Widths of the columns: the longest name of a worker's ordinary calls, a short id, `timeout`,
/// `59.9 s`, `1.5 KiB`. A longer text moves the rest of its line.
const OPERATION: usize = 19;
const JOB: usize = 8;
const RESULT: usize = 7;
const LATENCY: usize = 6;
const SIZE: usize = 8;
/// Most characters of a text that a client chooses.
const LONGEST: usize = 40;
/// Before a second line, which begins below the operation.
const INDENT: &str = "          ";

/// The line, without a newline; two lines if the terminal is too narrow for what was redacted.
/// `time` has eight characters.
pub(super) fn line(
    time: &str,
    event: &ExchangeEvent,
    width: Option<usize>,
    palette: Palette,
) -> String {
    let operation = brief(&event.operation, LONGEST);
    let job = event
        .job
        .as_deref()
        .map_or("-".to_owned(), |job| brief(job, LONGEST));
    let result = result(event);
    let latency = event.latency_ms.map_or("-".to_owned(), text::duration);
    let size = event.bytes.map_or("-".to_owned(), text::size);
    let plain_length = |text: &str| text.chars().count();
    let painted = palette.paint(tone(event), &result);
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
    let details = details(event);
    if !details.is_empty() {
        line.push_str("  ");
        line.push_str(&details);
        length += 2 + plain_length(&details);
    }
    if let Some(redacted) = redacted(event) {
        let mut redacted = redacted;
        match width {
            Some(width) if length + 2 + plain_length(&redacted) > width => {
                line.push('\n');
                line.push_str(INDENT);
                let columns = width.saturating_sub(INDENT.len()).max(LONGEST / 2);
                if plain_length(&redacted) > columns {
                    redacted = redacted.chars().take(columns - 1).chain(['…']).collect();
                }
            }
            _ => line.push_str("  "),
        }
        line.push_str(&palette.paint(Tone::Quiet, &redacted));
    }
    line
}

/// Status, or fault, or both.
fn result(event: &ExchangeEvent) -> String {
    match (event.status, &event.fault) {
        (Some(status), Some(fault)) => format!("{status} {}", brief(fault, LONGEST)),
        (Some(status), None) => status.to_string(),
        (None, Some(fault)) => brief(fault, LONGEST),
        (None, None) => "-".to_owned(),
    }
}

fn tone(event: &ExchangeEvent) -> Tone {
    match (&event.fault, event.status, event.message.as_str()) {
        (Some(_), _, _) | (_, Some(500..), _) | (_, _, "missed" | "not recorded") => Tone::Bad,
        (_, Some(400..), _) => Tone::Doubtful,
        _ => Tone::Good,
    }
}

/// The rest: its number on the tape, and what is unusual.
fn details(event: &ExchangeEvent) -> String {
    let mut details = Vec::new();
    match (event.seq, event.message.as_str()) {
        (Some(seq), _) => details.push(format!("#{seq}")),
        (None, "served") => details.push("an empty poll".to_owned()),
        (None, "missed") => {
            let cause = event.cause.as_deref().unwrap_or("-");
            details.push(format!("MISSED: {}", brief(cause, LONGEST)));
        }
        (None, "not recorded") => details.push("NOT RECORDED".to_owned()),
        (None, _) => {}
    }
    if let Some(times) = event.times {
        details.push(format!("for the {}", nth(times)));
    }
    if event.is_loosened {
        details.push("loosened".to_owned());
    }
    if let Some(session) = &event.session {
        details.push(format!("session {}", brief(session, LONGEST)));
    }
    details.join(", ")
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

fn redacted(event: &ExchangeEvent) -> Option<String> {
    let count = event.redacted?;
    let names = printable(event.redacted_names.as_deref().unwrap_or_default()).into_owned();
    Some(format!("redacted {count}: {names}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "12:03:04";

    fn event(message: &str, operation: &str) -> ExchangeEvent {
        ExchangeEvent {
            message: message.to_owned(),
            operation: operation.to_owned(),
            job: Some("0f1e2d3c".to_owned()),
            status: Some(200),
            latency_ms: Some(41),
            bytes: Some(48),
            ..ExchangeEvent::default()
        }
    }

    fn poll() -> ExchangeEvent {
        ExchangeEvent {
            bytes: Some(2_400),
            latency_ms: Some(1_240),
            seq: Some(1),
            redacted: Some(5),
            redacted_names: Some(
                "accessKeyId, accountId, secretAccessKey, sessionToken".to_owned(),
            ),
            ..event("recorded", "PollForJobs")
        }
    }

    #[test]
    fn lines_have_columns() {
        let plain = |event: &ExchangeEvent| line(TIME, event, None, Palette::plain());
        let lines = [
            poll(),
            ExchangeEvent {
                seq: Some(2),
                ..event("recorded", "AcknowledgeJob")
            },
            ExchangeEvent {
                status: None,
                fault: Some("timeout".to_owned()),
                bytes: None,
                latency_ms: Some(60_000),
                seq: Some(3),
                ..event("recorded", "PutJobSuccessResult")
            },
            event("not recorded", "PutJobSuccessResult"),
            ExchangeEvent {
                job: None,
                seq: Some(7),
                times: Some(2),
                is_loosened: true,
                session: Some("ci-3".to_owned()),
                ..event("served", "PutJobFailureResult")
            },
            ExchangeEvent {
                job: None,
                ..event("served", "PollForJobs")
            },
            ExchangeEvent {
                status: Some(400),
                cause: Some("never recorded".to_owned()),
                ..event("missed", "GetJobDetails")
            },
            ExchangeEvent {
                status: Some(400),
                fault: Some("throttle".to_owned()),
                ..event("answered", "AcknowledgeThirdPartyJob")
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
        let hostile = ExchangeEvent {
            job: Some("\u{1b}[2J".to_owned()),
            fault: Some("\r\n".to_owned()),
            redacted: Some(1),
            redacted_names: Some("\u{9b}31m".to_owned()),
            session: Some("\u{202e}".to_owned()),
            ..event("answered", &"O\u{7}".repeat(100))
        };
        let text = line(TIME, &hostile, None, Palette::plain());
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
        assert!(text.len() < 400, "{text}");
    }

    #[test]
    fn colours_say_good_and_bad() {
        let coloured = |event: &ExchangeEvent| line(TIME, event, None, Palette::coloured());
        assert!(coloured(&event("answered", "PollForJobs")).contains("\u{1b}[32m200\u{1b}[0m"));
        let refused = ExchangeEvent {
            status: Some(400),
            ..event("recorded", "AcknowledgeJob")
        };
        assert!(coloured(&refused).contains("\u{1b}[33m400\u{1b}[0m"));
        let missed = ExchangeEvent {
            status: Some(400),
            ..event("missed", "AcknowledgeJob")
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
