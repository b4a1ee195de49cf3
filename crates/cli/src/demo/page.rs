//! What a demo shows: readable at 80 columns.

use std::fmt::Write as _;
use std::path::Path;
use std::time::SystemTime;

use pipetape_core::Operation;
use pipetape_emulator::{HistoryEntry, JobEvent, JobView};

use super::comparison::{Compared, Comparison, RedactedMember, compare};
use super::session::Session;
use crate::layout::{Align, Layout, Table};
use crate::show::{error_code, result};
use crate::text::printable;

/// Everything that a demo shows.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) text: String,
    /// How many differences it tells of.
    pub(crate) differences: usize,
}

/// Shows a session whose tape lies in this store.
pub(crate) fn page(session: &Session, store: &Path) -> Page {
    let comparison = compare(session);
    let differences = comparison.differences();
    let mut out = String::new();
    let began = session.jobs.iter().filter_map(began).min();
    out.push_str("what the job service saw while the worker was recorded\n\n");
    for job in &session.jobs {
        timeline(&mut out, job, began);
    }
    exchanges(&mut out, &comparison);
    placeholders(&mut out, &comparison);
    verdict(&mut out, &comparison, session.replayed.len());
    next(&mut out, session, store);
    Page {
        text: out,
        differences,
    }
}

/// One job's history, as the service saw it.
fn timeline(out: &mut String, job: &JobView, began: Option<SystemTime>) {
    let mut table = Table::new([
        ("TIME", Align::Right),
        ("WHAT", Align::Left),
        ("NONCE", Align::Left),
        ("OUTCOME", Align::Left),
        ("JOB IS", Align::Left),
    ]);
    for entry in job.history.iter().flatten() {
        let since = began.and_then(|began| entry.at.duration_since(began).ok());
        let cells = [
            format!("{} ms", since.unwrap_or_default().as_millis()),
            what(entry),
            entry
                .nonce
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            entry.outcome.clone().unwrap_or_default(),
            entry.status.to_string(),
        ];
        table.push(cells.map(|cell| printable(&cell).into_owned().into()));
    }
    let id = &job.action_type_id;
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "job {}: {} {} {}\n\n{}",
        job.id,
        id.category,
        id.provider,
        id.version,
        table.render(Layout::pipe())
    );
}

fn began(job: &JobView) -> Option<SystemTime> {
    job.history.as_ref()?.first().map(|entry| entry.at)
}

fn what(entry: &HistoryEntry) -> String {
    let event = entry.event.map(|event| match event {
        JobEvent::Enqueued => "enqueued",
        JobEvent::Continued => "continued",
        JobEvent::Queued => "queued",
        JobEvent::Returned => "returned",
        JobEvent::TimedOut => "timed out",
    });
    let call = entry.operation.as_ref().map(Operation::name);
    call.or(event).unwrap_or_default().to_owned()
}

/// Each exchange as it was recorded and as it was replayed.
fn exchanges(out: &mut String, comparison: &Comparison<'_>) {
    let mut table = Table::new([
        ("SEQ", Align::Right),
        ("OPERATION", Align::Left),
        ("RECORDED", Align::Left),
        ("REPLAYED", Align::Left),
        ("BYTES", Align::Right),
        ("REDACTED", Align::Right),
    ]);
    for exchange in &comparison.exchanges {
        let bytes = exchange.replayed.map(|replayed| replayed.answer.body.len());
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let redacted = exchange.redacted.len();
        let cells = [
            seq(exchange),
            exchange.recorded.operation.name().to_owned(),
            or_dash(recorded(exchange)),
            or_dash(replayed(exchange)),
            or_dash(bytes.map(|bytes| bytes.to_string())),
            or_dash((redacted > 0).then(|| redacted.to_string())),
        ];
        let differences = exchange.differences.iter();
        let differences = differences.map(|difference| format!("DIFFERS: {difference}"));
        table.push(cells.map(|cell| printable(&cell).into_owned().into()));
        for line in differences {
            table.note(printable(&line).into_owned());
        }
    }
    let _ = writeln!(
        out,
        "the worker's calls, and what the tape answered with the job service gone\n\n{}",
        table.render(Layout::pipe())
    );
}

fn seq(exchange: &Compared<'_>) -> String {
    let on_tape = exchange.on_tape;
    on_tape.map_or_else(|| "-".to_owned(), |on_tape| on_tape.seq.to_string())
}

fn recorded(exchange: &Compared<'_>) -> Option<String> {
    let outcome = &exchange.on_tape?.outcome;
    Some(match error_code(outcome) {
        Some(code) => format!("{} {code}", result(outcome)),
        None => result(outcome),
    })
}

/// The status, and whether the body's bytes are those on the tape.
fn replayed(exchange: &Compared<'_>) -> Option<String> {
    let answer = &exchange.replayed?.answer;
    let is_equal = exchange.on_tape?.outcome.response()?.body == answer.body;
    let verdict = if is_equal { "equal" } else { "differ" };
    Some(format!("{} {verdict}", answer.status))
}

/// What stands on the tape where a secret was.
fn placeholders(out: &mut String, comparison: &Comparison<'_>) {
    let mut table = Table::new([
        ("MEMBER", Align::Left),
        ("ON THE TAPE", Align::Left),
        ("IN", Align::Left),
    ]);
    let mut members: Vec<(&RedactedMember, Vec<String>)> = Vec::new();
    for exchange in &comparison.exchanges {
        for member in &exchange.redacted {
            match members.iter_mut().find(|(known, _)| *known == member) {
                Some((_, places)) => places.push(seq(exchange)),
                None => members.push((member, vec![seq(exchange)])),
            }
        }
    }
    if members.is_empty() {
        return;
    }
    for (member, places) in members {
        let cells = [
            member.name.clone(),
            member.placeholder.clone(),
            places.join(" "),
        ];
        table.push(cells.map(|cell| printable(&cell).into_owned().into()));
    }
    let _ = writeln!(
        out,
        "redacted before anything was written, so that the tape can be shared\n\n{}",
        table.render(Layout::pipe())
    );
}

fn verdict(out: &mut String, comparison: &Comparison<'_>, replayed: usize) {
    for difference in &comparison.beyond {
        let _ = writeln!(out, "DIFFERS: {}", printable(&difference.to_string()));
    }
    let _ = match comparison.differences() {
        0 => writeln!(
            out,
            "equal: {replayed} answers were replayed, each with the status, the headers and the\n\
             bytes that the tape keeps; and the tape keeps what the worker was given, but for\n\
             redacted members.\n"
        ),
        1 => writeln!(out, "NOT EQUAL: 1 difference\n"),
        count => writeln!(out, "NOT EQUAL: {count} differences\n"),
    };
}

/// Where the tape lies, and what to try with it.
fn next(out: &mut String, session: &Session, store: &Path) {
    let name = &session.tape.name;
    let directory = store.display().to_string();
    let option = match directory.as_str() {
        ".pipetape" => String::new(),
        other => format!(" --store {}", quoted(other)),
    };
    let tape = store.join(name.as_str()).display().to_string();
    let _ = writeln!(
        out,
        "tape  {}\ntry   pipetape{option} show {name}\n      pipetape{option} replay {name} -- YOUR-WORKER",
        printable(&tape),
    );
}

/// A path as a shell takes it for one word.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if !path.is_empty() && path.chars().all(is_plain) {
        path.to_owned()
    } else {
        format!("'{}'", printable(path).replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use pipetape_tape::{Rules, Store};

    use super::{
        super::{error::DemoError, session},
        *,
    };
    use crate::failure::CommandError as _;
    use crate::{exit, serving};

    fn session(store: &Path) -> Session {
        let store = Store::new(store);
        let name = "demo".parse().unwrap();
        serving::block_on(session::run(&store, &name, Rules::default())).unwrap()
    }

    #[test]
    fn a_doctored_answer_is_told_and_ends_with_1() {
        let directory = tempfile::tempdir().unwrap();
        let mut session = session(directory.path());
        assert_eq!(page(&session, directory.path()).differences, 0);

        let answer = &mut session.replayed[1].answer;
        answer.body = Bytes::from_static(br#"{"status":"Queued"}"#);
        session.replayed.pop();
        let page = page(&session, directory.path());
        assert_eq!(page.differences, 2);
        let is_told = |line: &&str| {
            ["differ", "DIFFERS", "EQUAL"]
                .iter()
                .any(|word| line.contains(word))
        };
        let told: Vec<&str> = page.text.lines().filter(is_told).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
          2  AcknowledgeJob       200                        200 differ     19         -
             DIFFERS: the replay gave another body than the tape has
             DIFFERS: the worker did not come so far in the replay
        NOT EQUAL: 2 differences
        ");
        assert!(!page.text.contains("equal: "), "{}", page.text);
        let failure = DemoError::Differs(page.differences);
        assert_eq!(failure.exit_code(), exit::FAILED);
        insta::assert_snapshot!(failure, @"what was replayed is not what was recorded: 2 differences");
    }

    #[test]
    fn a_path_is_one_word_to_a_shell() {
        for (path, word) in [
            ("tapes/a-1", "tapes/a-1"),
            ("my tapes", "'my tapes'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(path), word);
        }
    }
}
