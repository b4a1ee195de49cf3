//! What a demo shows: readable at 80 columns.

use std::fmt::Write as _;
use std::path::Path;
use std::time::SystemTime;

use pipetape_core::Operation;
use pipetape_core::causes::with_causes;
use pipetape_emulator::{HistoryEntry, JobEvent, JobView};
use pipetape_tape::{Exchange, TapeName};
use serde_json::Value;

use super::session::{Recording, Replayed};
use crate::layout::{Align, Layout, Table};
use crate::report::lines;
use crate::show::{error_code, result};
use crate::text::printable;

/// Everything that a demo shows. The tape is in this store.
pub(super) fn page(recording: &Recording, replayed: &Replayed, store: &Path) -> String {
    let mut out = String::new();
    let began = recording.jobs.iter().filter_map(began).min();
    out.push_str("what the job service saw while the worker was recorded\n\n");
    for job in &recording.jobs {
        push_timeline(&mut out, job, began);
    }
    push_tape(&mut out, recording);
    push_replay(&mut out, replayed);
    push_next(&mut out, &recording.tape.name, store);
    out
}

/// One job's history, as the service saw it.
fn push_timeline(out: &mut String, job: &JobView, began: Option<SystemTime>) {
    let mut table = Table::new([
        ("TIME", Align::Right),
        ("WHAT", Align::Left),
        ("NONCE", Align::Left),
        ("OUTCOME", Align::Left),
        ("JOB IS", Align::Left),
    ]);
    for entry in job.history.iter().flatten() {
        let since = began.and_then(|began| entry.at.duration_since(began).ok());
        let nonce = entry.nonce.as_ref().map(ToString::to_string);
        let cells = [
            format!("{} ms", since.unwrap_or_default().as_millis()),
            what(entry),
            nonce.unwrap_or_default(),
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

/// Each exchange on the tape, and the placeholders for secrets.
fn push_tape(out: &mut String, recording: &Recording) {
    let mut exchanges = Table::new([
        ("SEQ", Align::Right),
        ("OPERATION", Align::Left),
        ("ANSWER", Align::Left),
        ("BYTES", Align::Right),
        ("REDACTED", Align::Right),
    ]);
    let mut members: Vec<(Redacted, Vec<String>)> = Vec::new();
    for (exchange, given) in recording.tape.exchanges.iter().zip(&recording.answers) {
        let redacted = redacted(exchange, given);
        let response = exchange.outcome.response();
        let or_dash = |count: usize| match count {
            0 => "-".to_owned(),
            count => count.to_string(),
        };
        let answer = [
            Some(result(&exchange.outcome)),
            error_code(&exchange.outcome),
        ];
        let cells = [
            exchange.seq.to_string(),
            exchange.operation.name().to_owned(),
            answer.into_iter().flatten().collect::<Vec<_>>().join(" "),
            response
                .map_or(0, |response| response.body.len())
                .to_string(),
            or_dash(redacted.len()),
        ];
        exchanges.push(cells.map(|cell| printable(&cell).into_owned().into()));
        for member in redacted {
            let seq = exchange.seq.to_string();
            match members.iter_mut().find(|(known, _)| *known == member) {
                Some((_, exchanges)) => exchanges.push(seq),
                None => members.push((member, vec![seq])),
            }
        }
    }
    let mut placeholders = Table::new([
        ("MEMBER", Align::Left),
        ("ON THE TAPE", Align::Left),
        ("IN", Align::Left),
    ]);
    for (member, exchanges) in members {
        let cells = [member.name, member.placeholder, exchanges.join(" ")];
        placeholders.push(cells.map(|cell| printable(&cell).into_owned().into()));
    }
    let _ = writeln!(
        out,
        "what is on the tape\n\n{}\n\
         redacted before anything was written, so that the tape can be shared\n\n{}",
        exchanges.render(Layout::pipe()),
        placeholders.render(Layout::pipe())
    );
}

/// A member of an answer's body that the tape has a placeholder for.
#[derive(Debug, PartialEq, Eq)]
struct Redacted {
    /// Its own name, without those above it.
    name: String,
    placeholder: String,
}

/// What of the answer that the worker was given is not on the tape.
fn redacted(exchange: &Exchange, given: &[u8]) -> Vec<Redacted> {
    let json = |body: &[u8]| serde_json::from_slice(body).unwrap_or_default();
    let kept = exchange
        .outcome
        .response()
        .map(|response| &response.body[..]);
    let mut found = Vec::new();
    find_redacted(
        "",
        &json(given),
        &json(kept.unwrap_or_default()),
        &mut found,
    );
    found
}

fn find_redacted(name: &str, given: &Value, kept: &Value, found: &mut Vec<Redacted>) {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => {
            for (name, value) in given {
                find_redacted(name, value, kept.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(given), Value::Array(kept)) => {
            for (given, kept) in given.iter().zip(kept) {
                find_redacted(name, given, kept, found);
            }
        }
        (Value::String(given), Value::String(kept)) if given != kept => found.push(Redacted {
            name: name.to_owned(),
            placeholder: kept.clone(),
        }),
        _ => {}
    }
}

/// The replay's own report, and what follows from it.
fn push_replay(out: &mut String, replayed: &Replayed) {
    out.push_str("the same worker again, with the job service gone: the tape answers\n\n");
    for line in lines(&replayed.report) {
        out.push_str(&Layout::terminal(80).wrapped("", &line));
    }
    if let Err(error) = &replayed.worked {
        let line = format!("the worker stopped: {}", with_causes(error));
        out.push_str(&Layout::terminal(80).wrapped("", &printable(&line)));
    }
    out.push_str(match replayed.is_complete() {
        true => {
            "\nequal: every request got its answer from the tape, and nothing is left on it.\n\
             The warning is about the wrong nonce, which the worker sends on purpose.\n\n"
        }
        false => "\nNOT EQUAL: the tape does not answer all that the worker asks, or has more.\n\n",
    });
}

/// Where the tape is, and what to try next.
fn push_next(out: &mut String, name: &TapeName, store: &Path) {
    let directory = store.display().to_string();
    let option = match directory.as_str() {
        ".pipetape" => String::new(),
        other => format!(" --store {}", quoted(other)),
    };
    let tape = store.join(name.as_str()).display().to_string();
    let _ = writeln!(
        out,
        "tape  {}\n\
         try   pipetape{option} show {name}\n\
         then  pipetape{option} record my-worker -- YOUR-WORKER\n      \
               pipetape{option} replay my-worker -- YOUR-WORKER",
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
    use super::*;

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
