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
use pipetape_core::{Answer, MentionedJobs, Operation};
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

/// Answers what is not an admin request, whatever its method and path: the service looks at neither.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) shared: Arc<Shared>,
}

/// How a call was answered, and why.
struct Answered {
    operation: Option<Operation>,
    fault: Option<FaultKind>,
    /// The whole response; `None` for a connection that is reset.
    response: Option<Response<Bytes>>,
}

/// A request and who sent it.
struct Asked<'a> {
    request: &'a Request,
    caller: Caller,
}

impl Service for Front {
    async fn call(&self, request: &mut Request) -> Reply {
        let began = enabled!(target: EXCHANGES, Level::DEBUG).then(Instant::now);
        let asked = Asked {
            request,
            caller: Caller {
                access_key_id: auth::access_key_id(&request.headers),
                user_agent: user_agent(&request.headers),
                request_id: self.shared.request_id(),
            },
        };
        let answered = self.answer(&asked).await;
        if let Some(began) = began {
            log(request, &answered, began);
        }
        Reply::from(Answer::from(answered))
    }
}

impl Front {
    /// The checks, in the service's order: content type, JSON, target (these three are core's
    /// `route`), authentication, then types and constraints (core's `decode_request`), then the
    /// operation itself. A fault strikes a caller who is let in.
    async fn answer(&self, asked: &Asked<'_>) -> Answered {
        let shared = &self.shared;
        let request = asked.request;
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
                return Answered {
                    operation: None,
                    fault: None,
                    response: Some(asked.response(encode_route_error(&error))),
                };
            }
        };
        if let Err(error) = shared
            .auth
            .admit(request, &shared.region, shared.clock.wall())
        {
            let response = asked.response(self.refuse(&operation, &error));
            return Answered {
                operation: Some(operation),
                fault: None,
                response: Some(response),
            };
        }
        let call = protocol::decode_request(&operation, &request.body);
        let fault = shared.faults().strike(&operation);
        let caller = &asked.caller;
        let encoded = match fault {
            None => Some(self.perform(&operation, call, caller, None, JobFault::None)),
            Some(fault) => self.go_wrong(&operation, call, caller, fault).await,
        };
        Answered {
            operation: Some(operation),
            fault,
            response: encoded.map(|encoded| asked.response(encoded)),
        }
    }

    /// Answers a call that a fault strikes; `None` if the connection is reset.
    async fn go_wrong(
        &self,
        operation: &Operation,
        call: Result<Call, ServiceError>,
        caller: &Caller,
        fault: FaultKind,
    ) -> Option<Encoded> {
        let shared = &self.shared;
        shared.tally().fault(fault);
        debug!(%operation, %fault, "fault injected");
        let name = fault.to_string();
        let carry_out =
            |call, job_fault| self.perform(operation, call, caller, Some(&name), job_fault);
        let error = match fault {
            FaultKind::Delay(time) => {
                tokio::time::sleep(time).await;
                return Some(carry_out(call, JobFault::None));
            }
            FaultKind::TimeOutJob => return Some(carry_out(call, JobFault::TimeOut)),
            FaultKind::Truncate(_) => return Some(carry_out(call, JobFault::None)),
            FaultKind::Reset(Lost::Answer) => {
                carry_out(call, JobFault::None);
                return None;
            }
            FaultKind::Reset(Lost::Request) => {
                self.note(&call, caller, &name, None);
                shared.tally().call(Some(operation), "reset");
                return None;
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
        Some(self.refuse(operation, &error))
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

impl Asked<'_> {
    /// A response with the service's headers; `Date` and `Content-Length` are the listener's to add.
    fn response(&self, encoded: Encoded) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(encoded.body));
        // Every status here is a constant of core's or of this file's.
        *response.status_mut() =
            StatusCode::from_u16(encoded.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Ok(request_id) = HeaderValue::from_str(&self.caller.request_id) {
            headers.insert(REQUEST_ID, request_id);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(encoded.content_type));
        if self.stays_open() {
            headers.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
        }
        response
    }

    /// Whether a client wants its connection kept. If it does not, HTTP itself says `close`.
    fn stays_open(&self) -> bool {
        let close = |value: &HeaderValue| {
            let options = value.as_bytes().split(|byte| *byte == b',');
            let mut options = options.map(<[u8]>::trim_ascii);
            options.any(|option| option.eq_ignore_ascii_case(b"close"))
        };
        let mut connection = self.request.headers.get_all(CONNECTION).iter();
        self.request.version == Version::HTTP_11 && !connection.any(close)
    }
}

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        match (answered.response, answered.fault) {
            (None, _) => Self::Reset,
            (Some(response), Some(FaultKind::Truncate(bytes))) => truncated(response, bytes),
            (Some(response), _) => Self::from(response),
        }
    }
}

/// Lets only so many bytes arrive, and always at least one fewer than are announced.
fn truncated(response: Response<Bytes>, bytes: usize) -> Answer {
    let (head, body) = response.into_parts();
    let whole = body.len().max(1);
    let arriving = bytes.min(whole - 1);
    Answer::Truncated {
        response: Box::new(Response::from_parts(head, body.slice(..arriving))),
        declared_length: u64::try_from(whole).ok(),
    }
}

fn log(request: &Request, answered: &Answered, began: Instant) {
    let operation = answered.operation.as_ref();
    let response = answered.response.as_ref();
    let body = response.map(|response| &response.body()[..]);
    let jobs = operation.map(|operation| MentionedJobs::of(operation, &request.body, body));
    let job = jobs.as_ref().and_then(MentionedJobs::short);
    debug!(
        target: EXCHANGES,
        operation = operation.map_or("-", Operation::name),
        job = job.map(tracing::field::display),
        status = response.map(|response| response.status().as_u16()),
        fault = answered.fault.map(tracing::field::display),
        latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        bytes = body.map(<[u8]>::len),
        "answered"
    );
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let agent = String::from_utf8_lossy(headers.get(USER_AGENT)?.as_bytes());
    Some(agent.chars().take(LONGEST_USER_AGENT).collect())
}
