//! The outcome of an exchange in a few words, and what is unusual about it.

use pipetape_core::protocol::{ServiceError, decode_error, decode_request};
use pipetape_core::{Answer, Operation};
use pipetape_tape::{Exchange, Fault, Outcome, RecordedResponse};
use serde::Deserialize;

use crate::text::{brief, printable};

/// In characters. Ids and statuses of the service are shorter.
pub(super) const LONGEST: usize = 60;

/// Status, or fault, or both: `200`, `timeout`, `200 truncated`.
pub(crate) fn result(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response(response) => response.status.to_string(),
        Outcome::Fault(fault) => fault.kind().to_owned(),
        Outcome::Cut { response, fault } => format!("{} {}", response.status, fault.kind()),
    }
}

/// The error's code, if the client was given an error.
pub(crate) fn error_code(outcome: &Outcome) -> Option<String> {
    let error = match outcome {
        Outcome::Fault(fault) => {
            let answer = fault.answer(None);
            let response = answer.response()?;
            decode_error(response.status().as_u16(), None, response.body()).ok()
        }
        Outcome::Response(response) | Outcome::Cut { response, .. } => recorded_error(response),
    };
    Some(printable(error?.code().name()).into_owned())
}

fn recorded_error(response: &RecordedResponse) -> Option<ServiceError> {
    if (200..300).contains(&response.status) {
        return None;
    }
    let headers = response.headers.iter().flatten();
    let error_type = headers
        .filter(|(name, _)| name.eq_ignore_ascii_case("x-amzn-errortype"))
        .map(|(_, value)| value.as_str())
        .next();
    decode_error(response.status, error_type, &response.body).ok()
}

/// What the client was given for a fault, in a sentence.
pub(super) fn fault_in_words(fault: Fault) -> String {
    match fault.answer(fault.has_response().then(Default::default)) {
        Answer::Response(response) => {
            let status = response.status().as_u16();
            match decode_error(status, None, response.body()) {
                Ok(error) => format!("the client was given {status} {error}"),
                Err(_) => format!("the client was given {status}"),
            }
        }
        Answer::Reset => "the client's connection was reset before any answer".to_owned(),
        Answer::Truncated {
            declared_length: Some(length),
            ..
        } => format!("the client's connection was cut within a body of {length} bytes"),
        Answer::Truncated {
            declared_length: None,
            ..
        } => "the client's connection was cut within a body sent in chunks".to_owned(),
    }
}

#[derive(Deserialize)]
struct Acknowledged {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Succeeded {
    continuation_token: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failed {
    failure_details: FailureDetails,
}

#[derive(Deserialize)]
struct FailureDetails {
    r#type: String,
}

/// What a successful exchange did: `handed out`, the status in the answer to an acknowledge,
/// `succeeded`, `failed`. `has_job` is whether a poll brought a job.
pub(super) fn job_change(exchange: &Exchange, has_job: bool) -> Option<String> {
    let response = exchange.outcome.response()?;
    if !(200..300).contains(&response.status) {
        return None;
    }
    let request = &exchange.request.body;
    Some(match &exchange.operation {
        operation if operation.is_poll() => match has_job {
            true => "handed out".to_owned(),
            false => "no job".to_owned(),
        },
        Operation::AcknowledgeJob | Operation::AcknowledgeThirdPartyJob => {
            let acknowledged: Acknowledged = serde_json::from_slice(&response.body).ok()?;
            brief(&acknowledged.status, LONGEST)
        }
        Operation::PutJobSuccessResult | Operation::PutThirdPartyJobSuccessResult => {
            let is_continued = serde_json::from_slice::<Succeeded>(request)
                .is_ok_and(|result| result.continuation_token.is_some());
            match is_continued {
                true => "succeeded so far, to be continued".to_owned(),
                false => "succeeded".to_owned(),
            }
        }
        Operation::PutJobFailureResult | Operation::PutThirdPartyJobFailureResult => {
            match serde_json::from_slice::<Failed>(request) {
                Ok(failed) => format!("failed: {}", brief(&failed.failure_details.r#type, LONGEST)),
                Err(_) => "failed".to_owned(),
            }
        }
        _ => return None,
    })
}

/// Notes on a request that the service would not accept.
pub(super) fn remarks(exchange: &Exchange) -> Vec<String> {
    let mut remarks = Vec::new();
    if !exchange.operation.is_known() {
        remarks.push("note: version 2015-07-09 of the service has no such operation".to_owned());
    }
    if let Err(refusal) = decode_request(&exchange.operation, &exchange.request.body) {
        remarks.push(format!(
            "note: the request is not a valid one: {}",
            printable(&refusal.to_string())
        ));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use pipetape_tape::{Fault, Outcome, RecordedRequest, RecordedResponse};

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

    fn check(operation: &str, request: &'static str, answer: (u16, &'static str), expected: &str) {
        let exchange = Exchange {
            seq: 1,
            after: None,
            operation: Operation::from_name(operation).unwrap(),
            recorded_at: None,
            latency_ms: None,
            request: RecordedRequest {
                headers: None,
                body: request.as_bytes().into(),
            },
            outcome: Outcome::Response(RecordedResponse {
                status: answer.0,
                headers: None,
                body: answer.1.as_bytes().into(),
            }),
        };
        let found = job_change(&exchange, true);
        assert_eq!(
            found.as_deref().unwrap_or("-"),
            expected,
            "{operation} {request}"
        );
    }

    #[test]
    fn changes_are_read_from_both_bodies() {
        let ok = (200, "");
        check("PollForJobs", "{}", (200, r#"{"jobs":[]}"#), "handed out");
        let acknowledged = (200, r#"{"status":"InProgress"}"#);
        check("AcknowledgeJob", "{}", acknowledged, "InProgress");
        check("AcknowledgeThirdPartyJob", "{}", acknowledged, "InProgress");
        check("GetJobDetails", "{}", (200, "{}"), "-");
        check("PutJobSuccessResult", r#"{"jobId":"a"}"#, ok, "succeeded");
        check(
            "PutJobSuccessResult",
            r#"{"continuationToken":null}"#,
            ok,
            "succeeded",
        );
        let goes_on = "succeeded so far, to be continued";
        check(
            "PutJobSuccessResult",
            r#"{"continuationToken":"c"}"#,
            ok,
            goes_on,
        );
        let failure = r#"{"failureDetails":{"type":"JobFailed","message":"m"}}"#;
        check("PutJobFailureResult", failure, ok, "failed: JobFailed");
        check("PutThirdPartyJobFailureResult", "?", ok, "failed");
    }

    #[test]
    fn a_failure_changes_no_job_and_nothing_is_shown_raw() {
        check("PutJobSuccessResult", "{}", (400, "{}"), "-");
        check("AcknowledgeJob", "{}", (200, "<html>"), "-");
        let hostile = (200, "{\"status\":\"\\u001b[2J\"}");
        check("AcknowledgeJob", "{}", hostile, "\\u{1b}[2J");
        let exchange = |outcome| Exchange {
            seq: 1,
            after: None,
            operation: Operation::PollForJobs,
            recorded_at: None,
            latency_ms: None,
            request: RecordedRequest {
                headers: None,
                body: "".into(),
            },
            outcome,
        };
        assert_eq!(
            job_change(&exchange(Outcome::Fault(Fault::Reset)), false),
            None
        );
    }
}
