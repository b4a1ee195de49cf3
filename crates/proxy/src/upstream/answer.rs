//! Reading an upstream's response, whole and within bounds.

use std::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use pipetape_core::causes::with_causes;
use pipetape_serve::{Budget, Reservation};
use pipetape_tape::{Fault, LiveOutcome};
use tracing::warn;

use super::deadline::{Deadline, Late};
use super::failure::within_body;

/// The statuses of a tape. 101 would switch protocols, 600 and more mean nothing.
const FINAL: RangeInclusive<u16> = 200..=599;

/// Reads responses.
#[derive(Debug)]
pub(super) struct AnswerReader {
    max_body: usize,
    budget: Budget,
}

/// A body that takes room until its last byte has left for the client.
struct Roomy {
    bytes: BytesMut,
    _room: Option<Reservation>,
}

impl AnswerReader {
    /// Takes bodies of at most `max_body` bytes, and at most `body_budget` bytes of large ones at once.
    pub(super) fn new(max_body: usize, body_budget: usize) -> AnswerReader {
        AnswerReader {
            max_body,
            budget: Budget::new(body_budget),
        }
    }

    /// Reads a response whole.
    ///
    /// A body above the limit can't be kept and is a [`Fault::Malformed`], as is a response whose status is no final
    /// one. Trailers are dropped, interim responses have been by hyper. A large body is left in upstream's hands until
    /// there is room for it.
    pub(super) async fn read(
        &self,
        response: Response<Incoming>,
        deadline: &mut Deadline,
    ) -> Result<LiveOutcome, Late> {
        let (head, mut body) = response.into_parts();
        if !FINAL.contains(&head.status.as_u16()) {
            warn!(
                status = head.status.as_u16(),
                "upstream's status is no final one"
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
        let mut room = None;
        if let Some(announced) = announced.filter(|length| *length > Budget::SMALL) {
            room = deadline.put_off_by(self.budget.reserve(announced)).await;
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
                    if length > Budget::SMALL && room.is_none() {
                        room = deadline.put_off_by(self.budget.reserve(max_body)).await;
                    }
                    read.extend_from_slice(data);
                }
            }
        };
        let declared_length = declared_length(&head.headers);
        // Without hyper's extensions, such as a reason phrase: no client gets them.
        let mut response = Response::new(Bytes::from_owner(Roomy {
            bytes: read,
            _room: room,
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

impl AsRef<[u8]> for Roomy {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn too_large(max_body: usize) -> LiveOutcome {
    warn!(max_body, "upstream's answer is larger than --max-body");
    LiveOutcome::Fault(Fault::Malformed)
}

/// hyper has refused a length that is none, and lengths that differ.
fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
