//! Reading an upstream's response, whole and within bounds; and which fault a failure is.

use std::error::Error;
use std::io;
use std::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy;
use pipetape_core::causes::{causes, with_causes};
use pipetape_serve::{Budget, Reservation};
use pipetape_tape::{Fault, LiveOutcome};
use tracing::warn;

use super::client::{Deadline, TimedOut};
use super::dial::DialError;

/// The statuses of a tape. 101 would switch protocols, and 600 and above have no meaning.
const FINAL: RangeInclusive<u16> = 200..=599;

/// Reads responses.
#[derive(Debug)]
pub(super) struct AnswerReader {
    max_body: usize,
    budget: Budget,
}

/// A body that uses the budget until its last byte is sent to the client.
struct BudgetedBody {
    bytes: BytesMut,
    _reservation: Option<Reservation>,
}

impl AnswerReader {
    /// Reads bodies of at most `max_body` bytes, and at most `body_budget` bytes of large ones at
    /// once.
    pub(super) fn new(max_body: usize, body_budget: usize) -> AnswerReader {
        AnswerReader {
            max_body,
            budget: Budget::new(body_budget),
        }
    }

    /// Reads a response whole.
    ///
    /// A body above the limit is a [`Fault::Malformed`], as is a response whose status is not
    /// final. Trailers are dropped; hyper has dropped interim responses. A large body is not read
    /// before the budget has memory for it.
    pub(super) async fn read(
        &self,
        response: Response<Incoming>,
        deadline: &mut Deadline,
    ) -> Result<LiveOutcome, TimedOut> {
        let (head, mut body) = response.into_parts();
        if !FINAL.contains(&head.status.as_u16()) {
            warn!(
                status = head.status.as_u16(),
                "upstream's status is not final"
            );
            return Ok(LiveOutcome::Fault(Fault::Malformed));
        }
        let max_body = self.max_body;
        let announced = body.size_hint().exact();
        if announced.is_some_and(|length| length > max_body as u64) {
            return Ok(too_large(max_body));
        }
        // Not above `max_body`, which is a `usize`.
        let announced = announced.map(|length| length as usize);
        let mut reservation = None;
        if let Some(announced) = announced.filter(|length| *length > Budget::SMALL) {
            reservation = deadline.put_off_by(self.budget.reserve(announced)).await;
        }
        let mut read = BytesMut::with_capacity(announced.unwrap_or(0));
        let ended = loop {
            match deadline.within(body.frame()).await? {
                None => break Ok(()),
                Some(Err(error)) => break Err(error),
                Some(Ok(frame)) => {
                    let Some(data) = frame.data_ref() else {
                        continue;
                    };
                    let length = read.len() + data.len();
                    if length > max_body {
                        return Ok(too_large(max_body));
                    }
                    // A chunked body does not say how large it will be.
                    if length > Budget::SMALL && reservation.is_none() {
                        reservation = deadline.put_off_by(self.budget.reserve(max_body)).await;
                    }
                    read.extend_from_slice(data);
                }
            }
        };
        let declared_length = declared_length(&head.headers);
        // Without hyper's extensions, such as a reason phrase: no client gets them.
        let mut response = Response::new(Bytes::from_owner(BudgetedBody {
            bytes: read,
            _reservation: reservation,
        }));
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        let Err(error) = ended else {
            return Ok(LiveOutcome::Response(response));
        };
        let fault = within_body(&error, declared_length);
        warn!(
            fault = fault.kind(),
            error = with_causes(&error),
            "upstream's answer ended in an error"
        );
        Ok(if fault.has_response() {
            LiveOutcome::Cut { response, fault }
        } else {
            LiveOutcome::Fault(fault)
        })
    }
}

impl AsRef<[u8]> for BudgetedBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn too_large(max_body: usize) -> LiveOutcome {
    warn!(max_body, "upstream's answer is larger than --max-body");
    LiveOutcome::Fault(Fault::Malformed)
}

/// hyper has refused lengths that are not numbers, and lengths that differ.
fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The fault of an exchange that brought no response.
pub(super) fn without_response(error: &legacy::Error) -> Fault {
    if has(error, io_kind(io::ErrorKind::TimedOut)) {
        return Fault::Timeout;
    }
    if error.is_connect() {
        // Connecting is dialling and then the handshake.
        return if has(error, |cause| cause.is::<DialError>()) {
            Fault::Refused
        } else {
            Fault::Tls
        };
    }
    // With TLS 1.3 an upstream's refusal of the handshake arrives after its end.
    if has(error, |cause| cause.is::<rustls::Error>()) {
        return Fault::Tls;
    }
    let unreadable = |cause: &(dyn Error + 'static)| {
        cause
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_parse)
    };
    if has(error, unreadable) {
        return Fault::Malformed;
    }
    Fault::Reset
}

/// The fault of an exchange whose response's body ended in an error. `declared_length` is the response's `Content-Length`.
pub(super) fn within_body(error: &hyper::Error, declared_length: Option<u64>) -> Fault {
    // Chunks that cannot be read; anything else is the end of the connection.
    let unreadable = has(error, io_kind(io::ErrorKind::InvalidInput))
        || has(error, io_kind(io::ErrorKind::InvalidData));
    if unreadable {
        Fault::Malformed
    } else {
        Fault::Truncated { declared_length }
    }
}

fn has(error: &(dyn Error + 'static), wanted: impl Fn(&(dyn Error + 'static)) -> bool) -> bool {
    causes(error).any(wanted)
}

fn io_kind(kind: io::ErrorKind) -> impl Fn(&(dyn Error + 'static)) -> bool {
    move |cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == kind)
    }
}
