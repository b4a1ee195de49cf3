//! One exchange, whole: headers and bodies, for reading.

use std::fmt::Write as _;

use pipetape_tape::{Exchange, TapeName, write_exchange};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::outcome::{fault_in_words, remarks};
use crate::layout::Layout;
use crate::text::{self, printable};

/// An exchange with its headers and bodies.
pub(crate) fn whole_exchange(tape: &TapeName, exchange: &Exchange, layout: Layout) -> String {
    let mut out = format!("exchange {} of tape {tape}\n\n", exchange.seq);
    let mut fact = |name: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{name:<10} {value}");
    };
    fact("operation", &printable(exchange.operation.name()));
    if let Some(recorded_at) = exchange.recorded_at {
        fact("recorded", &recorded_at.to_string());
    }
    if let Some(latency) = exchange.latency_ms {
        fact("latency", &text::duration(latency));
    }
    match exchange.after {
        Some(0) => fact("began", "before any other was kept"),
        Some(after) => fact("began", &format!("after exchange {after} was kept")),
        None => {}
    }
    for remark in remarks(exchange) {
        out.push_str(&layout.wrapped("", &remark));
    }

    let bodies = Bodies::of(exchange);
    let unreadable = Body::default();
    let (request, response) = bodies.as_ref().map_or((&unreadable, None), |bodies| {
        (&bodies.request, bodies.response.as_ref())
    });
    out.push_str("\nrequest\n");
    push_message(&mut out, exchange.request.headers.as_deref(), request);
    if let Some(recorded) = exchange.outcome.response() {
        let _ = writeln!(out, "\nresponse {}", recorded.status);
        push_message(
            &mut out,
            recorded.headers.as_deref(),
            response.unwrap_or(&unreadable),
        );
    }
    if let Some(fault) = exchange.outcome.fault() {
        let _ = writeln!(
            out,
            "\nfault {}\n  {}",
            fault.kind(),
            fault_in_words(*fault)
        );
    }
    out
}

/// The indentation of the members of a message within an exchange.
const DEPTH: &str = "    ";

/// The bodies of an exchange as a tape file has them: that form decides what is JSON, what is text
/// and what is neither, and indents JSON without changing its tokens.
#[derive(Debug)]
pub(super) struct Bodies {
    pub(super) request: Body,
    pub(super) response: Option<Body>,
}

/// A body, ready to print.
#[derive(Debug, Default)]
pub(super) struct Body(String);

#[derive(Deserialize)]
struct ExchangeText<'a> {
    #[serde(borrow)]
    request: MessageText<'a>,
    #[serde(borrow)]
    response: Option<MessageText<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageText<'a> {
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    body_text: Option<String>,
    body_base64: Option<String>,
}

impl Bodies {
    /// The bodies of an exchange; `None` if a tape file could not have them.
    pub(super) fn of(exchange: &Exchange) -> Option<Self> {
        let mut text = Vec::new();
        write_exchange(exchange, &mut text).ok()?;
        let exchange: ExchangeText<'_> = serde_json::from_slice(&text).ok()?;
        Some(Self {
            request: exchange.request.body(),
            response: exchange.response.map(|response| response.body()),
        })
    }
}

impl MessageText<'_> {
    fn body(&self) -> Body {
        if let Some(json) = self.body {
            let mut lines = json.get().lines();
            let first = lines.next().unwrap_or_default().to_owned();
            return Body(lines.fold(first, |mut text, line| {
                text.push('\n');
                text.push_str(line.strip_prefix(DEPTH).unwrap_or(line));
                text
            }));
        }
        match (&self.body_text, &self.body_base64) {
            (Some(text), _) => Body(text.clone()),
            (None, Some(base64)) => Body(format!("(not text; in base64)\n{base64}")),
            (None, None) => Body::default(),
        }
    }
}

/// Appends headers and body, indented.
pub(super) fn push_message(out: &mut String, headers: Option<&[(String, String)]>, body: &Body) {
    for (name, value) in headers.unwrap_or_default() {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  {}: {}", printable(name), printable(value));
    }
    if body.0.is_empty() {
        out.push_str("\n  (no body)\n");
        return;
    }
    out.push('\n');
    for line in body.0.lines() {
        let _ = writeln!(out, "  {}", printable(line));
    }
}

#[cfg(test)]
mod tests {
    use pipetape_core::Operation;
    use pipetape_tape::{Fault, Outcome, RecordedRequest, RecordedResponse, UnixMillis};

    use super::*;

    fn exchange(request: &'static str, outcome: Outcome) -> Exchange {
        Exchange {
            seq: 3,
            after: Some(2),
            operation: Operation::AcknowledgeJob,
            recorded_at: UnixMillis::new(1_767_225_600_000),
            latency_ms: Some(41),
            request: RecordedRequest {
                headers: Some(vec![("user-agent".to_owned(), "a\u{1b}b".to_owned())]),
                body: request.as_bytes().into(),
            },
            outcome,
        }
    }

    fn response(body: &'static [u8]) -> RecordedResponse {
        let content_type = ("content-type", "application/x-amz-json-1.1");
        RecordedResponse {
            status: 200,
            headers: Some(vec![(content_type.0.to_owned(), content_type.1.to_owned())]),
            body: body.into(),
        }
    }

    fn shown(exchange: &Exchange) -> String {
        whole_exchange(&"t".parse().unwrap(), exchange, Layout::pipe())
    }

    #[test]
    fn tokens_are_shown_as_they_came() {
        let answer = br#"{"status":"In\u0050rogress","n":[1.0,{}],"n":-2E+3}"#;
        let exchange = exchange(
            r#"{"nonce":"3","jobId":"f4f4ff82-2d11-EXAMPLE"}"#,
            Outcome::Response(response(answer)),
        );
        insta::assert_snapshot!(shown(&exchange), @r#"
        exchange 3 of tape t

        operation  AcknowledgeJob
        recorded   2026-01-01T00:00:00.000Z
        latency    41 ms
        began      after exchange 2 was kept
        note: the request is not a valid one: ValidationException: 1 validation error detected: Value at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}

        request
          user-agent: a\u{1b}b

          {
            "nonce": "3",
            "jobId": "f4f4ff82-2d11-EXAMPLE"
          }

        response 200
          content-type: application/x-amz-json-1.1

          {
            "status": "In\u0050rogress",
            "n": [
              1.0,
              {}
            ],
            "n": -2E+3
          }
        "#);
    }

    #[test]
    fn cuts_and_other_bodies_are_said_in_words() {
        let fault = Fault::Truncated {
            declared_length: Some(900),
        };
        let cut = Outcome::Cut {
            response: response(b"<html>\x1b[2J\nmore"),
            fault,
        };
        insta::assert_snapshot!(shown(&exchange("", cut)), @r"
        exchange 3 of tape t

        operation  AcknowledgeJob
        recorded   2026-01-01T00:00:00.000Z
        latency    41 ms
        began      after exchange 2 was kept
        note: the request is not a valid one: SerializationException

        request
          user-agent: a\u{1b}b

          (no body)

        response 200
          content-type: application/x-amz-json-1.1

          <html>\u{1b}[2J
          more

        fault truncated
          the client's connection was cut within a body of 900 bytes
        ");
        let text = shown(&exchange("{}", Outcome::Response(response(b"\xff\x00"))));
        assert!(text.contains("(not text; in base64)\n  /wA=\n"), "{text}");
        let text = shown(&exchange("{}", Outcome::Fault(Fault::Timeout)));
        let end = "fault timeout\n  the client was given 504 PipetapeUpstreamTimeoutException: the upstream did not answer pipetape in time\n";
        assert!(text.ends_with(end), "{text}");
    }
}
