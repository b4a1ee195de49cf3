//! A tape at a glance: its head, and a line for each exchange.

use std::fmt::Write as _;

use pipetape_tape::{Exchange, FORMAT, Rules, Tape};

use super::answer::{error_code, job, result};
use super::judgement::notes;
use super::retries::Calls;
use crate::printable::printable;
use crate::table::{Align, Table};

/// A tape's head and its exchanges, a line each. `place` says where it was read from.
pub(crate) fn overview(tape: &Tape, place: &str) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{name:<10} {value}");
    };
    fact("tape", tape.name.as_str());
    fact("from", &printable(place));
    fact("format", FORMAT);
    fact(
        "rules",
        &tape
            .rules
            .as_ref()
            .map_or("none, so the defaults hold".to_owned(), rules),
    );
    fact("exchanges", &tape.exchanges.len().to_string());
    if !tape.exchanges.is_empty() {
        out.push('\n');
        out.push_str(&table(&tape.exchanges));
    }
    out
}

fn rules(rules: &Rules) -> String {
    let mut parts = vec![format!(
        "configuration values redacted: {}",
        rules.redact_config.name()
    )];
    let account_ids = if rules.keep_account_ids {
        "kept"
    } else {
        "replaced"
    };
    parts.push(format!("account ids {account_ids}"));
    for (what, pointers) in [("redact", &rules.redact), ("ignore", &rules.ignore)] {
        let pointers: Vec<String> = pointers.iter().map(ToString::to_string).collect();
        if !pointers.is_empty() {
            parts.push(format!("{what} {}", printable(&pointers.join(" "))));
        }
    }
    parts.join("; ")
}

fn table(exchanges: &[Exchange]) -> String {
    let mut table = Table::new([
        ("SEQ", Align::Right),
        ("TIME", Align::Left),
        ("OPERATION", Align::Left),
        ("JOB", Align::Left),
        ("RESULT", Align::Left),
        ("ERROR", Align::Left),
        ("LATENCY", Align::Right),
        ("REQUEST", Align::Right),
        ("RESPONSE", Align::Right),
    ]);
    let mut calls = Calls::default();
    for exchange in exchanges {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let response = exchange.outcome.response();
        let cells = [
            exchange.seq.to_string(),
            or_dash(exchange.recorded_at.map(|moment| moment.to_string())),
            printable(exchange.operation.name()).into_owned(),
            or_dash(job(exchange)),
            result(&exchange.outcome),
            or_dash(error_code(&exchange.outcome)),
            or_dash(exchange.latency_ms.map(|latency| format!("{latency} ms"))),
            format!("{} B", exchange.request.body.len()),
            or_dash(response.map(|response| format!("{} B", response.body.len()))),
        ];
        let mut notes = notes(exchange);
        notes.extend(calls.note(exchange));
        table.push(cells, notes);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use pipetape_core::Operation;
    use pipetape_tape::{Fault, Outcome, RecordedRequest, RecordedResponse, UnixMillis};

    use super::*;

    fn exchange(seq: u64, operation: &str, request: &'static str, outcome: Outcome) -> Exchange {
        Exchange {
            seq,
            after: None,
            operation: Operation::from_name(operation).unwrap(),
            recorded_at: (seq < 3).then(|| UnixMillis::new(1_767_225_600_000 + 1_041).unwrap()),
            latency_ms: (seq < 3).then_some(seq * 20),
            request: RecordedRequest {
                headers: None,
                body: request.as_bytes().into(),
            },
            outcome,
        }
    }

    fn response(status: u16, body: &'static str) -> RecordedResponse {
        RecordedResponse {
            status,
            headers: None,
            body: body.as_bytes().into(),
        }
    }

    #[test]
    fn a_tape_is_a_head_and_a_line_for_each_exchange() {
        let acknowledge = r#"{"jobId":"0f1e2d3c-4b5a-4968-8776-655443322110","nonce":"3"}"#;
        let poll =
            r#"{"actionTypeId":{"category":"Test","owner":"Custom","provider":"P","version":"1"}}"#;
        let jobs = r#"{"jobs":[{"id":"0f1e2d3c-4b5a-4968-8776-655443322110"},{"id":"b"}]}"#;
        let refused = r#"{"__type":"InvalidNonceException","message":"m"}"#;
        let cut = Outcome::Cut {
            response: response(200, "{"),
            fault: Fault::Truncated {
                declared_length: None,
            },
        };
        let exchanges = vec![
            exchange(
                1,
                "PollForJobs",
                poll,
                Outcome::Response(response(200, jobs)),
            ),
            exchange(
                2,
                "AcknowledgeJob",
                acknowledge,
                Outcome::Response(response(400, refused)),
            ),
            exchange(
                3,
                "GetJobDetails",
                r#"{"jobId":"x"}"#,
                Outcome::Fault(Fault::Refused),
            ),
            exchange(10, "InventJob", "{}", cut),
        ];
        let tape = Tape {
            name: "deploy".parse().unwrap(),
            rules: Some(Rules {
                redact: vec!["/a".parse().unwrap(), "/b".parse().unwrap()],
                ..Rules::default()
            }),
            exchanges,
        };
        insta::assert_snapshot!(overview(&tape, "store .pipetape"), @r"
        tape       deploy
        from       store .pipetape
        format     pipetape/1
        rules      configuration values redacted: suspect; account ids replaced; redact /a /b
        exchanges  4

        SEQ  TIME                      OPERATION       JOB                                      RESULT         ERROR                             LATENCY  REQUEST  RESPONSE
          1  2026-01-01T00:00:01.041Z  PollForJobs     0f1e2d3c-4b5a-4968-8776-655443322110 +1  200            -                                   20 ms     82 B      67 B
          2  2026-01-01T00:00:01.041Z  AcknowledgeJob  0f1e2d3c-4b5a-4968-8776-655443322110     400            InvalidNonceException               40 ms     60 B      48 B
          3  -                         GetJobDetails   x                                        refused        PipetapeUpstreamRefusedException        -     13 B         -
             note: the request is not a valid one: ValidationException: 1 validation error detected: Value at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}
         10  -                         InventJob       -                                        200 truncated  -                                       -      2 B       1 B
             note: version 2015-07-09 of the service has no such operation
        ");
    }

    #[test]
    fn a_tape_without_rules_or_exchanges_has_a_head() {
        let tape = Tape {
            name: "empty".parse().unwrap(),
            rules: None,
            exchanges: Vec::new(),
        };
        insta::assert_snapshot!(overview(&tape, "file a\u{1b}b.json"), @r"
        tape       empty
        from       file a\u{1b}b.json
        format     pipetape/1
        rules      none, so the defaults hold
        exchanges  0
        ");
    }
}
