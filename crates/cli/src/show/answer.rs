//! What a client was given, in a few words.

use pipetape_core::protocol::decode_error;
use pipetape_tape::{Fault, FaultAnswer, Outcome, RecordedResponse};

use crate::printable::printable;

/// Status, or fault, or both: `200`, `timeout`, `200 truncated`.
pub(crate) fn result(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response(response) => response.status.to_string(),
        Outcome::Fault(fault) => fault.kind().to_owned(),
        Outcome::Cut { response, fault } => format!("{} {}", response.status, fault.kind()),
    }
}

/// The error's code, where the client was given an error.
pub(crate) fn error_code(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Fault(fault) => match fault.answer() {
            FaultAnswer::Error { code, .. } => Some(code.to_owned()),
            FaultAnswer::Reset | FaultAnswer::Truncated { .. } => None,
        },
        Outcome::Response(response) | Outcome::Cut { response, .. } => code_of(response),
    }
}

fn code_of(response: &RecordedResponse) -> Option<String> {
    if (200..300).contains(&response.status) {
        return None;
    }
    let headers = response.headers.iter().flatten();
    let error_type = headers
        .filter(|(name, _)| name.eq_ignore_ascii_case("x-amzn-errortype"))
        .map(|(_, value)| value.as_str())
        .next();
    let error = decode_error(response.status, error_type, &response.body).ok()?;
    Some(printable(error.code().name()).into_owned())
}

/// What came of a fault, in a sentence.
pub(super) fn fault_in_words(fault: Fault) -> String {
    match fault.answer() {
        FaultAnswer::Error {
            status,
            code,
            message,
        } => format!("the client was given {status} {code}: {message}"),
        FaultAnswer::Reset => "the client's connection was reset before any answer".to_owned(),
        FaultAnswer::Truncated {
            declared_length: Some(length),
        } => format!("the client's connection was cut within a body of {length} bytes"),
        FaultAnswer::Truncated {
            declared_length: None,
        } => "the client's connection was cut within a body sent in chunks".to_owned(),
    }
}

/// No id or status is longer than this, unless someone means harm.
const LONGEST: usize = 60;

/// A text of a body, made safe to print, and cut where it is far too long.
pub(super) fn brief(text: &str) -> String {
    let kept: String = text.chars().take(LONGEST).collect();
    let more = if kept.len() < text.len() { "…" } else { "" };
    format!("{}{more}", printable(&kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, error_type: Option<&str>, body: &'static str) -> Outcome {
        Outcome::Response(RecordedResponse {
            status,
            headers: error_type
                .map(|value| vec![("x-amzn-errortype".to_owned(), value.to_owned())]),
            body: body.as_bytes().into(),
        })
    }

    #[test]
    fn errors_are_named_as_clients_name_them() {
        let body = r#"{"__type":"ns#JobNotFoundException","message":"m"}"#;
        let code = |outcome: &Outcome| error_code(outcome);
        assert_eq!(
            code(&response(400, None, body)).unwrap(),
            "JobNotFoundException"
        );
        assert_eq!(
            code(&response(400, Some("A\u{9b}:x"), "{}")).unwrap(),
            "A\\u{9b}"
        );
        assert_eq!(code(&response(502, None, "<html>")), None);
        assert_eq!(code(&response(200, Some("A"), body)), None);
        let timeout = Outcome::Fault(Fault::Timeout);
        assert_eq!(code(&timeout).unwrap(), "PipetapeUpstreamTimeoutException");
        assert_eq!(code(&Outcome::Fault(Fault::Reset)), None);
    }
}
