//! The service's front end: the order of its checks, and the form of its answers.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version};
use pipetape_core::headers::REQUEST_ID;
use pipetape_core::protocol::{
    self, Call, Encoded, ErrorCode, ServiceError, encode_error, encode_response, encode_route_error,
};
use pipetape_core::{MentionedJobs, Operation};
use pipetape_serve::{Reply, Request, Service};
use tracing::{Level, debug, enabled};

use crate::account::{Caller, JobFault};
use crate::auth;
use crate::emulator::Shared;
use crate::faults::{FaultKind, Lost};

/// The longest `User-Agent` that is kept, in characters. SDKs' have up to 250.
const LONGEST_USER_AGENT: usize = 512;

/// The target of the event that each call leaves in the log, at debug.
///
/// Its message is `answered`; its fields are `operation`, `job` (the beginning of an id), `status`, `fault` (one that
/// was asked for), `latency_ms` and `bytes` (of the response's body). A field without a value is left out.
pub const EXCHANGES: &str = "pipetape_emulator::exchange";

/// Answers what is no admin request, whatever its method and path: the service looks at neither.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) shared: Arc<Shared>,
}

/// What a caller sees.
enum Answer {
    /// The whole answer.
    Whole(Encoded),
    /// Only so many bytes of its body.
    Truncated(Encoded, usize),
    /// The end of the connection.
    Reset,
}

/// What a caller is given, and why.
struct Given {
    operation: Option<Operation>,
    fault: Option<FaultKind>,
    answer: Answer,
}

impl Service for Front {
    async fn call(&self, request: &mut Request) -> Reply {
        let caller = Caller {
            access_key_id: auth::access_key_id(&request.headers),
            user_agent: user_agent(&request.headers),
            request_id: self.shared.request_id(),
        };
        let came = enabled!(target: EXCHANGES, Level::DEBUG).then(Instant::now);
        let response = |encoded| response(encoded, &caller.request_id, request);
        let Given {
            operation,
            fault,
            answer,
        } = self.answer(request, &caller).await;
        if let Some(came) = came {
            log(request, operation.as_ref(), fault, &answer, came);
        }
        match answer {
            Answer::Whole(encoded) => Reply::from(response(encoded)),
            Answer::Truncated(encoded, bytes) => truncated(response(encoded), bytes),
            Answer::Reset => Reply::Reset,
        }
    }
}

impl Front {
    /// The checks, in the service's order: content type, JSON, target (these three are core's
    /// `route`), authentication, then types and constraints (core's `decode_request`), then the
    /// operation itself. A fault strikes a caller who is let in.
    async fn answer(&self, request: &Request, caller: &Caller) -> Given {
        let shared = &self.shared;
        let text = |name: &str| {
            request
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let routed = protocol::route(text("content-type"), text("x-amz-target"), &request.body);
        let operation = match routed {
            Ok(operation) => operation,
            Err(error) => {
                shared.tally().call(None, "not routed");
                return Given {
                    operation: None,
                    fault: None,
                    answer: Answer::Whole(encode_route_error(&error)),
                };
            }
        };
        if let Err(error) = shared
            .auth
            .admit(request, &shared.region, shared.clock.wall())
        {
            let answer = Answer::Whole(self.refuse(&operation, &error));
            return Given {
                operation: Some(operation),
                fault: None,
                answer,
            };
        }
        let call = protocol::decode_request(&operation, &request.body);
        let fault = shared.faults().strike(&operation);
        let answer = match fault {
            None => Answer::Whole(self.perform(&operation, call, caller, None, JobFault::None)),
            Some(fault) => self.go_wrong(&operation, call, caller, fault).await,
        };
        Given {
            operation: Some(operation),
            fault,
            answer,
        }
    }

    /// Answers a call that a fault strikes.
    async fn go_wrong(
        &self,
        operation: &Operation,
        call: Result<Call, ServiceError>,
        caller: &Caller,
        fault: FaultKind,
    ) -> Answer {
        let shared = &self.shared;
        shared.tally().fault(fault);
        debug!(%operation, %fault, "fault injected");
        let name = fault.to_string();
        let carry_out =
            |call, job_fault| self.perform(operation, call, caller, Some(&name), job_fault);
        let error = match fault {
            FaultKind::Delay(time) => {
                tokio::time::sleep(time).await;
                return Answer::Whole(carry_out(call, JobFault::None));
            }
            FaultKind::TimeOutJob => return Answer::Whole(carry_out(call, JobFault::TimeOut)),
            FaultKind::Truncate(bytes) => {
                return Answer::Truncated(carry_out(call, JobFault::None), bytes);
            }
            FaultKind::Reset(Lost::Answer) => {
                carry_out(call, JobFault::None);
                return Answer::Reset;
            }
            FaultKind::Reset(Lost::Request) => {
                self.note(&call, caller, &name, None);
                shared.tally().call(Some(operation), "reset");
                return Answer::Reset;
            }
            FaultKind::Throttle => ServiceError::new(ErrorCode::Throttling, "Rate exceeded"),
            FaultKind::InternalFailure => {
                let code = ErrorCode::from_name("InternalFailure");
                ServiceError::without_message(code).with_status(500)
            }
            FaultKind::Unavailable => {
                let code = ErrorCode::from_name("ServiceUnavailableException");
                ServiceError::new(code, "Service is unavailable").with_status(503)
            }
            FaultKind::InvalidNonce => {
                ServiceError::new(ErrorCode::InvalidNonce, shared.texts.invalid_nonce.clone())
            }
            FaultKind::JobNotFound => {
                ServiceError::new(ErrorCode::JobNotFound, shared.texts.job_not_found.clone())
            }
        };
        self.note(&call, caller, &name, Some(&error));
        Answer::Whole(self.refuse(operation, &error))
    }

    fn perform(
        &self,
        operation: &Operation,
        call: Result<Call, ServiceError>,
        caller: &Caller,
        fault: Option<&str>,
        job_fault: JobFault,
    ) -> Encoded {
        let performed = call.and_then(|call| {
            let mut account = self.shared.account();
            account.perform(call, caller, fault, job_fault)
        });
        match performed {
            Ok(reply) => {
                self.shared.tally().call(Some(operation), "ok");
                encode_response(&reply)
            }
            Err(error) => self.refuse(operation, &error),
        }
    }

    fn refuse(&self, operation: &Operation, error: &ServiceError) -> Encoded {
        self.shared
            .tally()
            .call(Some(operation), error.code().name());
        encode_error(error)
    }

    fn note(
        &self,
        call: &Result<Call, ServiceError>,
        caller: &Caller,
        fault: &str,
        seen: Option<&ServiceError>,
    ) {
        if let Ok(call) = call {
            self.shared
                .account()
                .note_faulted(call, caller, fault, seen);
        }
    }
}

fn log(
    request: &Request,
    operation: Option<&Operation>,
    fault: Option<FaultKind>,
    answer: &Answer,
    came: Instant,
) {
    let encoded = match answer {
        Answer::Whole(encoded) | Answer::Truncated(encoded, _) => Some(encoded),
        Answer::Reset => None,
    };
    let body = encoded.map(|encoded| &encoded.body[..]);
    let jobs = operation.map(|operation| MentionedJobs::of(operation, &request.body, body));
    let job = jobs.as_ref().and_then(MentionedJobs::short);
    debug!(
        target: EXCHANGES,
        operation = operation.map_or("-", Operation::name),
        job = job.map(tracing::field::display),
        status = encoded.map(|encoded| encoded.status),
        fault = fault.map(tracing::field::display),
        latency_ms = u64::try_from(came.elapsed().as_millis()).unwrap_or(u64::MAX),
        bytes = body.map(<[u8]>::len),
        "answered"
    );
}

/// An answer with the service's headers; `Date` and `Content-Length` are the listener's to add.
fn response(encoded: Encoded, request_id: &str, request: &Request) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(encoded.body));
    // Every status here is a constant of core's or of this file's.
    *response.status_mut() =
        StatusCode::from_u16(encoded.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(encoded.content_type));
    if stays_open(request) {
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
    }
    response
}

/// Whether a client wants its connection kept. Where it does not, HTTP itself says `close`.
fn stays_open(request: &Request) -> bool {
    let close = |value: &HeaderValue| {
        let options = value.as_bytes().split(|byte| *byte == b',');
        let mut options = options.map(<[u8]>::trim_ascii);
        options.any(|option| option.eq_ignore_ascii_case(b"close"))
    };
    let mut connection = request.headers.get_all(CONNECTION).iter();
    request.version == Version::HTTP_11 && !connection.any(close)
}

/// Lets only so many bytes arrive, and always at least one fewer than are announced.
fn truncated(response: Response<Bytes>, bytes: usize) -> Reply {
    let (head, body) = response.into_parts();
    let whole = body.len().max(1);
    let arriving = bytes.min(whole - 1);
    Reply::Truncated {
        response: Box::new(Response::from_parts(head, body.slice(..arriving))),
        declared: u64::try_from(whole).ok(),
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let agent = String::from_utf8_lossy(headers.get(USER_AGENT)?.as_bytes());
    Some(agent.chars().take(LONGEST_USER_AGENT).collect())
}
