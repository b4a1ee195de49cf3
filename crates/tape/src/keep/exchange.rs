//! Decides what a tape keeps of a live exchange, and what its client is given.

use std::borrow::Cow;

use bytes::Bytes;
use http::Response;

use super::decoding::{Extent, decoded};
use super::headers::{self, BodyIs};
use super::redactions::Redactions;
use crate::exchange::{LiveExchange, NewExchange, Outcome, RecordedRequest, RecordedResponse};
use crate::fault::Fault;
use crate::redact::Redactor;

/// What is kept of a live exchange.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What the tape keeps: redacted, and without the headers that no replay needs.
    pub exchange: NewExchange,
    /// What redaction changed.
    pub redactions: Redactions,
}

impl Kept {
    /// The fault that the client is given instead of upstream's response, if no response is kept: a
    /// client gets nothing that a replay could not give.
    pub fn given(&self) -> Option<Fault> {
        match self.exchange.outcome {
            Outcome::Fault(fault) => Some(fault),
            Outcome::Response(_) | Outcome::Cut { .. } => None,
        }
    }
}

/// Redacts a live exchange and chooses what is kept of it.
///
/// Bodies are decoded and redacted, headers chosen and redacted. A response whose content encoding
/// can't be undone becomes [`Fault::Malformed`], also for the client, so that a replay gives what
/// the client was given.
pub fn keep(live: LiveExchange, redactor: &Redactor) -> Kept {
    // The response may reveal that a text in the request is a secret, and the other way round. So
    // the request is redacted before the response, and again after it if a secret was found.
    let mut request_body = redactor.body(&live.request_body);
    let generation = redactor.generation();
    let mut redactions = Redactions::default();
    let outcome = match &live.outcome {
        Outcome::Fault(fault) => Some(Outcome::Fault(*fault)),
        Outcome::Response(response) => {
            whole(response, redactor, &mut redactions).map(Outcome::Response)
        }
        Outcome::Cut { response, fault } => cut(response, *fault, redactor, &mut redactions),
    };
    if redactor.generation() != generation {
        request_body = redactor.body(&live.request_body);
    }
    redactions.body(&live.request_body, &request_body);
    let request_headers = headers::request(&live.request_headers, redactor, &mut redactions);
    Kept {
        exchange: NewExchange {
            after: Some(live.after),
            operation: live.operation,
            recorded_at: Some(live.began),
            latency_ms: Some(live.latency_ms),
            request: RecordedRequest {
                headers: Some(request_headers),
                body: shared(&live.request_body, request_body),
            },
            outcome: outcome.unwrap_or(Outcome::Fault(Fault::Malformed)),
        },
        redactions,
    }
}

/// A whole response; `None` if its body can't be decoded.
fn whole(
    response: &Response<Bytes>,
    redactor: &Redactor,
    redactions: &mut Redactions,
) -> Option<RecordedResponse> {
    let decoded = decoded(response.headers(), response.body(), Extent::Whole).ok()?;
    Some(recorded(response, &decoded, redactor, redactions))
}

/// A response that was cut; `None` if its body can't be decoded. The body on the tape lacks as many
/// bytes as the one that was received.
fn cut(
    response: &Response<Bytes>,
    fault: Fault,
    redactor: &Redactor,
    redactions: &mut Redactions,
) -> Option<Outcome> {
    let decoded = decoded(response.headers(), response.body(), Extent::Part).ok()?;
    let is_decoded = *decoded != response.body()[..];
    let kept = recorded(response, &decoded, redactor, redactions);
    let fault = match fault {
        // How long the decoded body would have been is not known.
        Fault::Truncated { .. } if is_decoded => Fault::Truncated {
            declared_length: None,
        },
        Fault::Truncated {
            declared_length: Some(declared),
        } => {
            let lacking = declared.saturating_sub(response.body().len() as u64).max(1);
            Fault::Truncated {
                declared_length: Some(kept.body.len() as u64 + lacking),
            }
        }
        fault => fault,
    };
    Some(Outcome::Cut {
        response: kept,
        fault,
    })
}

fn recorded(
    response: &Response<Bytes>,
    decoded: &[u8],
    redactor: &Redactor,
    redactions: &mut Redactions,
) -> RecordedResponse {
    let body = redactor.body(decoded);
    redactions.body(decoded, &body);
    let is = if *body == response.body()[..] {
        BodyIs::AsItCame
    } else {
        BodyIs::Changed
    };
    let headers = headers::response(response.headers(), is, redactor, redactions);
    RecordedResponse {
        status: response.status().as_u16(),
        headers: Some(headers),
        body: shared(response.body(), body),
    }
}

/// A part of `whole` shares its memory; other bytes are copied.
fn shared(whole: &Bytes, part: Cow<'_, [u8]>) -> Bytes {
    match part {
        Cow::Borrowed(part) if is_within(part, whole) => whole.slice_ref(part),
        part => Bytes::from(part.into_owned()),
    }
}

/// Whether `part` is in the memory of `whole`.
fn is_within(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};
    use pipetape_core::Operation;

    use super::{super::decoding::tests::gzip, *};
    use crate::exchange::{LiveOutcome, UnixMillis};
    use crate::rules::{Rules, Salt};

    const TOKEN: &str = "a-very-secret-session-token";

    fn map(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn response(headers: &[(&'static str, &'static str)], body: &[u8]) -> Response<Bytes> {
        let mut response = Response::new(Bytes::copy_from_slice(body));
        *response.headers_mut() = map(headers);
        response
    }

    fn kept(outcome: LiveOutcome) -> Kept {
        let live = LiveExchange {
            operation: Operation::AcknowledgeJob,
            after: 3,
            began: UnixMillis::new(1000).unwrap(),
            latency_ms: 41,
            request_headers: map(&[
                ("host", "127.0.0.1"),
                ("user-agent", "aws-cli/2 123456789012"),
                ("content-type", "application/x-amz-json-1.1"),
                ("amz-sdk-request", "attempt=1"),
                ("amz-sdk-request", "max=3"),
                (
                    "amz-sdk-invocation-id",
                    "0f1e2d3c-4b5a-4968-8776-655443322110",
                ),
                (
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101",
                ),
                ("x-amz-date", "20260101T000000Z"),
                ("cookie", "a=b"),
            ]),
            request_body: Bytes::from_static(
                br#"{"clientToken":"open sesame","summary":"a-very-secret-session-token"}"#,
            ),
            outcome,
        };
        let rules = Rules {
            salt: Salt::new("salt").unwrap(),
            ..Rules::default()
        };
        keep(live, &Redactor::for_recording(&rules))
    }

    fn names(headers: Option<&Vec<(String, String)>>) -> Vec<&str> {
        headers
            .unwrap()
            .iter()
            .map(|(name, _)| name.as_str())
            .collect()
    }

    #[test]
    fn headers_are_chosen_and_redacted() {
        let body = format!(r#"{{"sessionToken":"{TOKEN}"}}"#);
        let kept = kept(Outcome::Response(response(
            &[
                ("date", "Wed, 01 Jul 2015 12:00:00 GMT"),
                ("x-amzn-requestid", "620484b7-88cb-11e5-b497-75c49e0a1b2c"),
                ("content-type", "application/x-amz-json-1.1"),
                ("content-length", "46"),
                ("connection", "keep-alive, x-hop"),
                ("x-hop", "1"),
                ("keep-alive", "timeout=5"),
                ("set-cookie", "a=b"),
                ("x-amz-crc32", "1"),
                ("x-echo", "a-very-secret-session-token"),
                ("x-echo", "two"),
            ],
            body.as_bytes(),
        )));
        let request = &kept.exchange.request;
        assert_eq!(
            names(request.headers.as_ref()),
            [
                "user-agent",
                "content-type",
                "amz-sdk-request",
                "amz-sdk-invocation-id"
            ]
        );
        let shown = format!("{:?}", kept.exchange);
        for gone in ["123456789012", "open sesame", TOKEN, "AKIA"] {
            assert!(!shown.contains(gone), "{gone} in {shown}");
        }
        assert!(shown.contains("attempt=1, max=3"));
        let redacted: Vec<&str> = kept.redactions.names.iter().map(String::as_str).collect();
        let in_request = ["clientToken", "summary", "user-agent"];
        assert_eq!(
            redacted,
            [
                &in_request[..1],
                &["sessionToken"],
                &in_request[1..],
                &["x-echo"]
            ]
            .concat()
        );
        assert_eq!(kept.redactions.count, 5);
        let Outcome::Response(response) = &kept.exchange.outcome else {
            panic!("{shown}");
        };
        assert_eq!(
            names(response.headers.as_ref()),
            ["x-amzn-requestid", "content-type", "x-echo", "x-echo"]
        );
        assert_eq!(
            (kept.exchange.after, kept.exchange.latency_ms),
            (Some(3), Some(41))
        );
        assert_eq!(kept.given(), None);
    }

    #[test]
    fn an_answer_that_repeats_the_requests_secret_is_redacted() {
        let body = br#"{"__type":"InvalidClientTokenException","message":"open sesame is wrong"}"#;
        let kept = kept(Outcome::Response(response(&[], body)));
        let on_tape = &kept.exchange.outcome.response().unwrap().body;
        let on_tape = String::from_utf8_lossy(on_tape);
        assert!(!on_tape.contains("sesame"), "{on_tape}");
    }

    #[test]
    fn an_unchanged_body_keeps_its_checksum() {
        let kept = kept(Outcome::Response(response(&[("x-amz-crc32", "1")], b"{}")));
        let headers = kept.exchange.outcome.response().unwrap().headers.as_ref();
        assert_eq!(names(headers), ["x-amz-crc32"]);
    }

    #[test]
    fn a_compressed_body_is_kept_decoded() {
        let body = gzip(br#"{"status":"InProgress"}"#);
        let headers = [("content-encoding", "gzip"), ("x-a", "b")];
        let kept = kept(Outcome::Response(response(&headers, &body)));
        let on_tape = kept.exchange.outcome.response().unwrap();
        assert_eq!(on_tape.body, &br#"{"status":"InProgress"}"#[..]);
        assert_eq!(names(on_tape.headers.as_ref()), ["x-a"]);
        assert_eq!(kept.given(), None);
    }

    #[test]
    fn what_cannot_be_kept_is_not_given() {
        let headers = [("content-encoding", "br")];
        let response = response(&headers, b"x");
        let cut = Outcome::Cut {
            response: response.clone(),
            fault: Fault::Truncated {
                declared_length: Some(9),
            },
        };
        for outcome in [Outcome::Response(response), cut] {
            let kept = kept(outcome);
            assert_eq!(kept.exchange.outcome, Outcome::Fault(Fault::Malformed));
            assert_eq!(kept.given(), Some(Fault::Malformed));
        }
    }

    #[test]
    fn a_cut_response_lacks_what_it_lacked() {
        let body = format!(r#"{{"sessionToken":"{TOKEN}","#);
        let declared = body.len() as u64 + 10;
        let fault = |declared_length| Fault::Truncated { declared_length };
        let live = Outcome::Cut {
            response: response(&[], body.as_bytes()),
            fault: fault(Some(declared)),
        };
        let Outcome::Cut {
            response: on_tape,
            fault: on_tape_fault,
        } = kept(live).exchange.outcome
        else {
            panic!("not cut");
        };
        assert!(!on_tape.body.windows(5).any(|part| part == b"-very"));
        assert_eq!(on_tape_fault, fault(Some(on_tape.body.len() as u64 + 10)));

        let text: Vec<u8> = (0..20_000u32).flat_map(u32::to_be_bytes).collect();
        let compressed = gzip(&text);
        let live = Outcome::Cut {
            response: response(
                &[("content-encoding", "gzip")],
                &compressed[..compressed.len() / 2],
            ),
            fault: fault(Some(compressed.len() as u64)),
        };
        let Outcome::Cut {
            response: on_tape,
            fault: on_tape_fault,
        } = kept(live).exchange.outcome
        else {
            panic!("not cut");
        };
        assert!(!on_tape.body.is_empty() && on_tape.body.len() < text.len());
        assert_eq!(on_tape_fault, fault(None));
    }

    #[test]
    fn a_fault_is_kept_as_it_is() {
        let kept = kept(Outcome::Fault(Fault::Timeout));
        assert_eq!(kept.exchange.outcome, Outcome::Fault(Fault::Timeout));
        assert_eq!(kept.given(), Some(Fault::Timeout));
    }
}
