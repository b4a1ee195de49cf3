//! What findings read from a request and its answer. Bodies are read leniently: a member that is
//! missing or of another type is the same as none.

use bytes::Bytes;
use http::Response;
use pipetape_core::Operation;
use pipetape_core::protocol::decode_error;
use pipetape_core::shapes::JobStatus;

use super::ids::{Invocation, Label};
use crate::json::{Node, parse};

/// What a job worker does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Poll,
    Acknowledge,
    Details,
    Result,
}

/// Whose jobs an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Custom,
    ThirdParty,
}

/// The members of a request that findings need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Asked {
    pub(super) job: Option<Label>,
    pub(super) nonce: Option<Label>,
    /// Whether it is a result with a continuation token.
    pub(super) goes_on: bool,
}

/// What the service made of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Verdict {
    Accepted,
    /// With the error's code, or the status that is not `InProgress`.
    Refused(Box<str>),
    /// Nobody knows: it missed, its answer was cut, or it should be tried again.
    #[default]
    Unknown,
}

/// The members of an answer that findings need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Answered {
    pub(super) verdict: Verdict,
    pub(super) handed_out: Vec<HandedOut>,
}

/// A job in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HandedOut {
    pub(super) job: Label,
    /// Missing in a third-party poll: its details have it.
    pub(super) nonce: Option<Label>,
}

/// One request of a session, and its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JobCall<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) asked: &'a Asked,
    pub(crate) answered: &'a Answered,
    /// The number of the exchange that answered it; `None` if it missed.
    pub(crate) exchange: Option<u64>,
    pub(crate) invocation: Option<Invocation>,
    /// Whether the answer was recorded for what was asked, member for member.
    pub(crate) is_exact: bool,
}

impl Act {
    /// `None` if it is not a job worker's.
    pub(crate) fn of(operation: &Operation) -> Option<Act> {
        match operation {
            Operation::PollForJobs | Operation::PollForThirdPartyJobs => Some(Act::Poll),
            Operation::AcknowledgeJob | Operation::AcknowledgeThirdPartyJob => {
                Some(Act::Acknowledge)
            }
            Operation::GetJobDetails | Operation::GetThirdPartyJobDetails => Some(Act::Details),
            Operation::PutJobFailureResult
            | Operation::PutJobSuccessResult
            | Operation::PutThirdPartyJobFailureResult
            | Operation::PutThirdPartyJobSuccessResult => Some(Act::Result),
            _ => None,
        }
    }
}

impl Family {
    pub(super) fn of(operation: &Operation) -> Family {
        match operation {
            Operation::PollForThirdPartyJobs
            | Operation::AcknowledgeThirdPartyJob
            | Operation::GetThirdPartyJobDetails
            | Operation::PutThirdPartyJobFailureResult
            | Operation::PutThirdPartyJobSuccessResult => Family::ThirdParty,
            _ => Family::Custom,
        }
    }
}

impl Asked {
    /// The job it is about.
    pub(crate) fn job(&self) -> Option<&Label> {
        self.job.as_ref()
    }

    /// Reads a redacted body.
    pub(crate) fn of(redacted_body: &[u8]) -> Asked {
        let body = parse(redacted_body).unwrap_or(Node::Null);
        Asked {
            job: label(&body, "jobId"),
            nonce: label(&body, "nonce"),
            goes_on: label(&body, "continuationToken").is_some(),
        }
    }
}

impl Answered {
    /// Reads the answer to a request about `job`; `None` for an answer that did not come whole.
    pub(crate) fn of(
        operation: &Operation,
        job: Option<&Label>,
        response: Option<&Response<Bytes>>,
    ) -> Answered {
        let (Some(act), Some(response)) = (Act::of(operation), response) else {
            return Answered::default();
        };
        if !response.status().is_success() {
            return Answered {
                verdict: refusal(response),
                handed_out: Vec::new(),
            };
        }
        let body = parse(response.body()).unwrap_or(Node::Null);
        Answered {
            verdict: match act {
                Act::Acknowledge => acknowledged(&body),
                Act::Poll | Act::Details | Act::Result => Verdict::Accepted,
            },
            handed_out: match act {
                Act::Poll => polled(&body),
                Act::Details => detailed(job, &body).into_iter().collect(),
                Act::Acknowledge | Act::Result => Vec::new(),
            },
        }
    }
}

fn acknowledged(body: &Node<'_>) -> Verdict {
    match text(body, "status") {
        Some(status) if status == JobStatus::InProgress.name().as_bytes() => Verdict::Accepted,
        Some(status) => {
            let status = Label::of(status);
            Verdict::Refused(format!("status {}", status.quoted()).into())
        }
        None => Verdict::Unknown,
    }
}

/// A client's own mistakes are refused for good; what is throttled or broken is worth another try.
fn refusal(response: &Response<Bytes>) -> Verdict {
    let status = response.status();
    if !status.is_client_error() || status.as_u16() == 429 {
        return Verdict::Unknown;
    }
    let header = response.headers().get("x-amzn-errortype");
    let header = header.and_then(|value| value.to_str().ok());
    match decode_error(status.as_u16(), header, response.body()) {
        Ok(error) if is_transient(error.code().name()) => Verdict::Unknown,
        Ok(error) => {
            let code = Label::of(error.code().name().as_bytes());
            Verdict::Refused(code.plain().into())
        }
        Err(_) => Verdict::Refused(format!("status {}", status.as_u16()).into()),
    }
}

/// The codes that SDKs try again with status 400.
fn is_transient(code: &str) -> bool {
    let starts = ["Throttl", "TooManyRequests", "RequestTimeout"];
    let whole = [
        "RequestLimitExceeded",
        "LimitExceededException",
        "BandwidthLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "PriorRequestNotComplete",
        "TransactionInProgressException",
    ];
    starts.iter().any(|start| code.starts_with(start)) || whole.contains(&code)
}

fn polled(body: &Node<'_>) -> Vec<HandedOut> {
    let Some(Node::Array(jobs)) = member(body, "jobs") else {
        return Vec::new();
    };
    let handed_out = |job| {
        Some(HandedOut {
            job: label(job, "id").or_else(|| label(job, "jobId"))?,
            nonce: label(job, "nonce"),
        })
    };
    jobs.iter().filter_map(handed_out).collect()
}

fn detailed(job: Option<&Label>, body: &Node<'_>) -> Option<HandedOut> {
    let nonce = label(member(body, "jobDetails")?, "nonce")?;
    Some(HandedOut {
        job: job?.clone(),
        nonce: Some(nonce),
    })
}

/// The last member of that name, as most parsers take it.
fn member<'a, 'b>(node: &'a Node<'b>, name: &str) -> Option<&'a Node<'b>> {
    let Node::Object(members) = node else {
        return None;
    };
    let mut named = members.iter().rev();
    let (_, value) = named.find(|(found, _)| found.as_ref() == name.as_bytes())?;
    Some(value)
}

fn text<'a>(node: &'a Node<'_>, name: &str) -> Option<&'a [u8]> {
    match member(node, name)? {
        Node::String(text) => Some(text),
        _ => None,
    }
}

fn label(node: &Node<'_>, name: &str) -> Option<Label> {
    text(node, name).map(Label::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(operation: &Operation, status: u16, body: &'static str) -> Answered {
        let mut response = Response::new(Bytes::from_static(body.as_bytes()));
        *response.status_mut() = status.try_into().unwrap();
        let job = Label::of(b"a");
        Answered::of(operation, Some(&job), Some(&response))
    }

    fn refused(why: &str) -> Verdict {
        Verdict::Refused(why.into())
    }

    #[test]
    fn verdicts() {
        use Operation::{AcknowledgeJob, PutJobSuccessResult};
        for (operation, status, body, expected) in [
            (
                AcknowledgeJob,
                200,
                r#"{"status":"InProgress"}"#,
                Verdict::Accepted,
            ),
            (
                AcknowledgeJob,
                200,
                r#"{"status":"Queued"}"#,
                refused("status \"Queued\""),
            ),
            (
                AcknowledgeJob,
                200,
                r#"{"status":"\u001b"}"#,
                refused("status \"\\u{1b}\""),
            ),
            (AcknowledgeJob, 200, "", Verdict::Unknown),
            (AcknowledgeJob, 200, r#"{"status":7}"#, Verdict::Unknown),
            (
                AcknowledgeJob,
                400,
                r#"{"__type":"x#InvalidNonceException"}"#,
                refused("InvalidNonceException"),
            ),
            (
                AcknowledgeJob,
                400,
                r#"{"__type":"ThrottlingException"}"#,
                Verdict::Unknown,
            ),
            (
                AcknowledgeJob,
                429,
                r#"{"__type":"InvalidNonceException"}"#,
                Verdict::Unknown,
            ),
            (
                AcknowledgeJob,
                503,
                r#"{"__type":"ServiceUnavailable"}"#,
                Verdict::Unknown,
            ),
            (AcknowledgeJob, 404, "<html>", refused("status 404")),
            (PutJobSuccessResult, 200, "", Verdict::Accepted),
            (PutJobSuccessResult, 204, "{}", Verdict::Accepted),
            (
                PutJobSuccessResult,
                400,
                r#"{"__type":"InvalidJobStateException"}"#,
                refused("InvalidJobStateException"),
            ),
            (PutJobSuccessResult, 301, "", Verdict::Unknown),
        ] {
            let found = answered(&operation, status, body);
            assert_eq!(found.verdict, expected, "{operation} {status} {body}");
            assert!(found.handed_out.is_empty());
        }
        let cut = Answered::of(&PutJobSuccessResult, None, None);
        assert_eq!(cut, Answered::default());
    }

    #[test]
    fn hand_outs() {
        use Operation::{GetThirdPartyJobDetails, PollForJobs, PollForThirdPartyJobs};
        let handed = |job: &str, nonce: Option<&str>| HandedOut {
            job: Label::of(job.as_bytes()),
            nonce: nonce.map(|nonce| Label::of(nonce.as_bytes())),
        };
        for (operation, status, body, expected) in [
            (
                PollForJobs,
                200,
                r#"{"jobs":[{"id":"a","nonce":"1"},{"nonce":"2"},7,{"id":"b","nonce":3}]}"#,
                vec![handed("a", Some("1")), handed("b", None)],
            ),
            (
                PollForThirdPartyJobs,
                200,
                r#"{"jobs":[{"clientId":"c","jobId":"a"}]}"#,
                vec![handed("a", None)],
            ),
            (
                GetThirdPartyJobDetails,
                200,
                r#"{"jobDetails":{"nonce":"9"}}"#,
                vec![handed("a", Some("9"))],
            ),
            (GetThirdPartyJobDetails, 200, r#"{"jobDetails":{}}"#, vec![]),
            (
                PollForJobs,
                400,
                r#"{"jobs":[{"id":"a","nonce":"1"}]}"#,
                vec![],
            ),
            (PollForJobs, 200, r#"{"jobs":{"id":"a"}}"#, vec![]),
            (PollForJobs, 200, "[", vec![]),
        ] {
            let found = answered(&operation, status, body);
            assert_eq!(found.handed_out, expected, "{operation} {status} {body}");
        }
    }

    #[test]
    fn requests() {
        let label = |text: &str| Some(Label::of(text.as_bytes()));
        for (body, job, nonce, goes_on) in [
            (
                r#"{"jobId":"\u0061","nonce":"1"}"#,
                label("a"),
                label("1"),
                false,
            ),
            (
                r#"{"jobId":"a","continuationToken":"t"}"#,
                label("a"),
                None,
                true,
            ),
            (
                r#"{"jobId":"a","continuationToken":null}"#,
                label("a"),
                None,
                false,
            ),
            (r#"{"jobId":1,"nonce":3}"#, None, None, false),
            (r#"{"jobId":"a","jobId":"b"}"#, label("b"), None, false),
            ("", None, None, false),
            ("[[[", None, None, false),
        ] {
            assert_eq!(
                Asked::of(body.as_bytes()),
                Asked {
                    job,
                    nonce,
                    goes_on
                },
                "{body}"
            );
        }
    }
}
