//! A tape at a glance: its head, and a line for each exchange.

use pipetape_tape::{Exchange, FORMAT, RecordingEnd, Rules, Tape};

use super::timeline::timeline;
use crate::layout::Layout;
use crate::text::printable;

/// A tape's head and its exchanges, job by job. `place` is where it was read from; `end` is how its
/// recording ended, if that is known.
pub(crate) fn overview(
    tape: &Tape,
    place: &str,
    end: Option<RecordingEnd>,
    layout: Layout,
) -> String {
    let mut out = String::new();
    let mut fact =
        |name: &str, value: &str| out.push_str(&layout.wrapped(&format!("{name:<10} "), value));
    fact("tape", tape.name.as_str());
    fact("from", &printable(place));
    if end == Some(RecordingEnd::Killed) {
        let name = &tape.name;
        fact(
            "state",
            &format!(
                "unfinished: its recorder was killed. What its clients saw is here; `pipetape record {name} --mode append` continues it"
            ),
        );
    }
    fact("format", FORMAT);
    fact(
        "rules",
        &tape
            .rules
            .as_ref()
            .map_or("none, so the defaults apply".to_owned(), rules),
    );
    fact("exchanges", &exchanges(&tape.exchanges));
    if !tape.exchanges.is_empty() {
        out.push('\n');
        out.push_str(&timeline(&tape.exchanges, layout));
    }
    out
}

/// How many, and between which times.
fn exchanges(exchanges: &[Exchange]) -> String {
    let mut moments = exchanges.iter().filter_map(|exchange| exchange.recorded_at);
    let count = exchanges.len();
    match (moments.next(), moments.next_back()) {
        (None, _) => count.to_string(),
        (Some(only), None) => format!("{count}, recorded {only}"),
        (Some(first), Some(last)) => format!("{count}, recorded {first} to {last}"),
    }
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

#[cfg(test)]
mod tests {
    use pipetape_core::Operation;
    use pipetape_tape::{Fault, Outcome, RecordedRequest, RecordedResponse, UnixMillis};

    use super::*;

    const JOB: &str = "0f1e2d3c-4b5a-4968-8776-655443322110";

    /// The first at the beginning of 2026, each a second later.
    fn exchange(seq: u64, operation: &str, request: &str, outcome: Outcome) -> Exchange {
        let moment = 1_767_225_600_000 + i64::try_from(seq).unwrap() * 1_041;
        Exchange {
            seq,
            after: None,
            operation: Operation::from_name(operation).unwrap(),
            recorded_at: (seq < 90).then(|| UnixMillis::new(moment).unwrap()),
            latency_ms: (seq < 90).then_some(seq * 20),
            request: RecordedRequest {
                headers: None,
                body: request.as_bytes().to_vec().into(),
            },
            outcome,
        }
    }

    fn response(status: u16, body: &str) -> RecordedResponse {
        RecordedResponse {
            status,
            headers: None,
            body: body.as_bytes().to_vec().into(),
        }
    }

    fn answered(status: u16, body: &str) -> Outcome {
        Outcome::Response(response(status, body))
    }

    fn tried(invocation: &str, mut exchange: Exchange) -> Exchange {
        let header = ("amz-sdk-invocation-id".to_owned(), invocation.to_owned());
        exchange.request.headers = Some(vec![header]);
        exchange
    }

    /// Two jobs, one acknowledged in three tries; and hostile texts.
    fn tape() -> Tape {
        let poll =
            r#"{"actionTypeId":{"category":"Test","owner":"Custom","provider":"P","version":"1"}}"#;
        let of_job = |job: &str| format!(r#"{{"jobId":"{job}","nonce":"3"}}"#);
        let jobs = format!(r#"{{"jobs":[{{"id":"{JOB}"}},{{"id":"\u001b[2Jb"}}]}}"#);
        let cut = Outcome::Cut {
            response: response(200, "{"),
            fault: Fault::Truncated {
                declared_length: None,
            },
        };
        let exchanges = vec![
            exchange(1, "PollForJobs", poll, answered(200, r#"{"jobs":[]}"#)),
            exchange(2, "PollForJobs", poll, answered(200, &jobs)),
            tried(
                "i",
                exchange(
                    3,
                    "AcknowledgeJob",
                    &of_job(JOB),
                    Outcome::Fault(Fault::Refused),
                ),
            ),
            tried(
                "i",
                exchange(
                    4,
                    "AcknowledgeJob",
                    &of_job(JOB),
                    answered(500, r#"{"__type":"InternalFailure"}"#),
                ),
            ),
            tried(
                "i",
                exchange(
                    5,
                    "AcknowledgeJob",
                    &of_job(JOB),
                    answered(200, r#"{"status":"InProgress"}"#),
                ),
            ),
            exchange(
                6,
                "AcknowledgeJob",
                &of_job("\\u001b[2Jb"),
                answered(400, r#"{"__type":"InvalidNonceException","message":"m"}"#),
            ),
            exchange(7, "GetJobDetails", &format!(r#"{{"jobId":"{JOB}"}}"#), cut),
            exchange(
                80,
                "PutJobSuccessResult",
                &format!(r#"{{"jobId":"{JOB}"}}"#),
                answered(200, ""),
            ),
            exchange(100, "InventJob", "{}", answered(200, "{}")),
        ];
        Tape {
            name: "deploy".parse().unwrap(),
            rules: Some(Rules {
                redact: vec!["/a".parse().unwrap(), "/b".parse().unwrap()],
                ..Rules::default()
            }),
            exchanges,
        }
    }

    #[test]
    fn a_tape_is_a_head_and_a_timeline_for_each_job() {
        let shown = overview(
            &tape(),
            "store .pipetape",
            Some(RecordingEnd::Clean),
            Layout::pipe(),
        );
        insta::assert_snapshot!(shown, @r"
        tape       deploy
        from       store .pipetape
        format     pipetape/1
        rules      configuration values redacted: suspect; account ids replaced; redact /a /b
        exchanges  9, recorded 2026-01-01T00:00:01.041Z to 2026-01-01T00:01:23.280Z

        SEQ       AT  OPERATION            LATENCY  STATUS         RESULT

        job 0f1e2d3c-4b5a-4968-8776-655443322110: succeeded
          2   +1.0 s  PollForJobs            40 ms  200            handed out
          3   +2.0 s  AcknowledgeJob         60 ms  refused        PipetapeUpstreamRefusedException
          4   +3.1 s  AcknowledgeJob         80 ms  500            retry of 3, InternalFailure
          5   +4.1 s  AcknowledgeJob        100 ms  200            retry of 3, InProgress
          7   +6.2 s  GetJobDetails         140 ms  200 truncated
         80  +1m 22s  PutJobSuccessResult    1.6 s  200            succeeded

        job \u{1b}[2Jb: handed out
          2   +1.0 s  PollForJobs            40 ms  200            handed out
          6   +5.2 s  AcknowledgeJob        120 ms  400            InvalidNonceException
             note: the request is not a valid one: ValidationException: 1 validation error detected: Value at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}

        no job
          1    +0 ms  PollForJobs            20 ms  200            no job
        100        -  InventJob                  -  200
             note: version 2015-07-09 of the service has no such operation
        ");
    }

    #[test]
    fn a_terminal_of_80_columns_is_enough() {
        let end = Some(RecordingEnd::Killed);
        let shown = overview(&tape(), "store .pipetape", end, Layout::terminal(80));
        insta::assert_snapshot!(shown, @r"
        tape       deploy
        from       store .pipetape
        state      unfinished: its recorder was killed. What its clients saw is here;
                   `pipetape record deploy --mode append` continues it
        format     pipetape/1
        rules      configuration values redacted: suspect; account ids replaced; redact
                   /a /b
        exchanges  9, recorded 2026-01-01T00:00:01.041Z to 2026-01-01T00:01:23.280Z

        SEQ       AT  OPERATION            LATENCY  STATUS         RESULT

        job 0f1e2d3c-4b5a-4968-8776-655443322110: succeeded
          2   +1.0 s  PollForJobs            40 ms  200            handed out
          3   +2.0 s  AcknowledgeJob         60 ms  refused        PipetapeUpstreamRefu…
          4   +3.1 s  AcknowledgeJob         80 ms  500            retry of 3, Internal…
          5   +4.1 s  AcknowledgeJob        100 ms  200            retry of 3, InProgre…
          7   +6.2 s  GetJobDetails         140 ms  200 truncated
         80  +1m 22s  PutJobSuccessResult    1.6 s  200            succeeded

        job \u{1b}[2Jb: handed out
          2   +1.0 s  PollForJobs            40 ms  200            handed out
          6   +5.2 s  AcknowledgeJob        120 ms  400            InvalidNonceException
             note: the request is not a valid one: ValidationException: 1 validation
             error detected: Value at 'jobId' failed to satisfy constraint: Member must
             satisfy regular expression pattern:
             [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}

        no job
          1    +0 ms  PollForJobs            20 ms  200            no job
        100        -  InventJob                  -  200
             note: version 2015-07-09 of the service has no such operation
        ");
        assert!(
            shown.lines().all(|line| line.chars().count() <= 80),
            "{shown}"
        );
    }

    #[test]
    fn a_tape_without_rules_or_exchanges_has_a_head() {
        let tape = Tape {
            name: "empty".parse().unwrap(),
            rules: None,
            exchanges: Vec::new(),
        };
        insta::assert_snapshot!(overview(&tape, "file a\u{1b}b.json", None, Layout::pipe()), @r"
        tape       empty
        from       file a\u{1b}b.json
        format     pipetape/1
        rules      none, so the defaults apply
        exchanges  0
        ");
    }
}
