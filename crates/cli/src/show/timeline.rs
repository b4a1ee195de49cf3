//! The exchanges of a tape, job by job.

use std::collections::HashMap;

use pipetape_core::MentionedJobs;
use pipetape_core::headers::INVOCATION_ID;
use pipetape_tape::{Exchange, UnixMillis};

use super::outcome::{LONGEST, error_code, job_change, remarks, result};
use crate::layout::{Align, Cell, Layout, Table};
use crate::terminal::Tone;
use crate::text::{self, brief, printable};

/// Exchanges that belong together, in the order of the tape.
#[derive(Debug)]
struct Part<'a> {
    /// `None` for those without a job.
    job: Option<String>,
    exchanges: Vec<&'a Exchange>,
}

/// A table of exchanges: job by job in the order in which jobs first appear, and at the end those
/// without a job. A poll that handed out several jobs is listed with each. Times are counted from
/// the tape's first exchange.
pub(super) fn timeline(exchanges: &[Exchange], layout: Layout) -> String {
    let begin = exchanges.iter().find_map(|exchange| exchange.recorded_at);
    let firsts = first_tries(exchanges);
    let mut table = Table::new([
        ("SEQ", Align::Right),
        ("AT", Align::Right),
        ("OPERATION", Align::Left),
        ("LATENCY", Align::Right),
        ("STATUS", Align::Left),
        ("RESULT", Align::Left),
    ]);
    for part in parts(exchanges) {
        table.heading(part.heading());
        for exchange in part.exchanges {
            let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            let at = begin.zip(exchange.recorded_at);
            let first = invocation(exchange).and_then(|id| firsts.get(id)).copied();
            let retried = first.filter(|first| *first != exchange.seq);
            table.push([
                exchange.seq.to_string().into(),
                or_dash(at.map(|(begin, at)| since(begin, at))).into(),
                printable(exchange.operation.name()).into_owned().into(),
                or_dash(exchange.latency_ms.map(text::duration)).into(),
                Cell::toned(result(&exchange.outcome), tone(exchange)),
                outcome(exchange, part.job.is_some(), retried).into(),
            ]);
            for remark in remarks(exchange) {
                table.note(remark);
            }
        }
    }
    table.render(layout)
}

impl Part<'_> {
    /// The job, and its last known state.
    fn heading(&self) -> String {
        let Some(job) = &self.job else {
            return "no job".to_owned();
        };
        let mut backwards = self.exchanges.iter().rev();
        match backwards.find_map(|exchange| job_change(exchange, true)) {
            Some(last) => format!("job {}: {last}", brief(job, LONGEST)),
            None => format!("job {}", brief(job, LONGEST)),
        }
    }
}

fn parts(exchanges: &[Exchange]) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut rest = Part {
        job: None,
        exchanges: Vec::new(),
    };
    for exchange in exchanges {
        let response = exchange
            .outcome
            .response()
            .map(|response| &response.body[..]);
        let jobs = MentionedJobs::of(&exchange.operation, &exchange.request.body, response).ids;
        if jobs.is_empty() {
            rest.exchanges.push(exchange);
        }
        for job in jobs {
            let place = *places.entry(job).or_insert_with_key(|job| {
                parts.push(Part {
                    job: Some(job.clone()),
                    exchanges: Vec::new(),
                });
                parts.len() - 1
            });
            let part = &mut parts[place].exchanges;
            // An answer may name one job twice.
            if part.last().is_none_or(|last| last.seq != exchange.seq) {
                part.push(exchange);
            }
        }
    }
    parts.extend((!rest.exchanges.is_empty()).then_some(rest));
    parts
}

/// The first exchange of each call.
fn first_tries(exchanges: &[Exchange]) -> HashMap<&str, u64> {
    let mut firsts = HashMap::new();
    for exchange in exchanges {
        if let Some(id) = invocation(exchange) {
            firsts.entry(id).or_insert(exchange.seq);
        }
    }
    firsts
}

fn invocation(exchange: &Exchange) -> Option<&str> {
    let mut headers = exchange.request.headers.iter().flatten();
    headers
        .find(|(name, _)| name.eq_ignore_ascii_case(INVOCATION_ID.as_str()))
        .map(|(_, value)| value.as_str())
}

/// The exchange that this one retries; the error, or what was done to the job.
fn outcome(exchange: &Exchange, has_job: bool, first_try: Option<u64>) -> String {
    let retried = first_try.map(|first| format!("retry of {first}"));
    let mut parts: Vec<String> = retried.into_iter().collect();
    parts.extend(error_code(&exchange.outcome));
    if exchange.outcome.fault().is_none() {
        parts.extend(job_change(exchange, has_job));
    }
    parts.join(", ")
}

fn tone(exchange: &Exchange) -> Tone {
    let status = exchange.outcome.response().map(|response| response.status);
    match (exchange.outcome.fault(), status) {
        (Some(_), _) | (None, None | Some(500..)) => Tone::Bad,
        (None, Some(400..)) => Tone::Doubtful,
        (None, Some(_)) => Tone::Good,
    }
}

/// A moment as time since another, such as `+1.2 s`. Clocks may have been set back.
fn since(begin: UnixMillis, at: UnixMillis) -> String {
    let sign = if at < begin { '-' } else { '+' };
    format!("{sign}{}", text::duration(at.get().abs_diff(begin.get())))
}
