//! What an exchange did to a job, in a word or two.

use pipetape_core::Operation;
use pipetape_tape::Exchange;
use serde::Deserialize;

use super::answer::brief;

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

/// What a successful exchange did: `handed out`, the status that an acknowledgement brought, `succeeded`, `failed`.
/// `has_job` tells polls that brought one from those that did not.
pub(super) fn step(exchange: &Exchange, has_job: bool) -> Option<String> {
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
            brief(&acknowledged.status)
        }
        Operation::PutJobSuccessResult | Operation::PutThirdPartyJobSuccessResult => {
            let goes_on = serde_json::from_slice::<Succeeded>(request)
                .is_ok_and(|result| result.continuation_token.is_some());
            match goes_on {
                true => "succeeded so far, to be continued".to_owned(),
                false => "succeeded".to_owned(),
            }
        }
        Operation::PutJobFailureResult | Operation::PutThirdPartyJobFailureResult => {
            match serde_json::from_slice::<Failed>(request) {
                Ok(failed) => format!("failed: {}", brief(&failed.failure_details.r#type)),
                Err(_) => "failed".to_owned(),
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use pipetape_tape::{Fault, Outcome, RecordedRequest, RecordedResponse};

    use super::*;

    fn check(operation: &str, request: &'static str, answer: (u16, &'static str), step_is: &str) {
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
        let found = step(&exchange, true);
        assert_eq!(
            found.as_deref().unwrap_or("-"),
            step_is,
            "{operation} {request}"
        );
    }

    #[test]
    fn steps_are_read_from_both_bodies() {
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
    fn what_went_wrong_is_no_step_and_nothing_is_shown_raw() {
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
        assert_eq!(step(&exchange(Outcome::Fault(Fault::Reset)), false), None);
    }
}
