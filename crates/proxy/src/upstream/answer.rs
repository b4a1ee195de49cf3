//! Reading an upstream's response, whole and within bounds.

use std::ops::RangeInclusive;

use bytes::BytesMut;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use pipetape_tape::{Fault, LiveOutcome, LiveResponse};
use tracing::warn;

use super::failure::within_body;
use pipetape_core::causes::with_causes;

/// The statuses of a tape. 101 would switch protocols, 600 and more mean nothing.
const FINAL: RangeInclusive<u16> = 200..=599;

/// Reads a response's body, at most `max_body` bytes of it.
///
/// A larger one can't be kept and is a [`Fault::Malformed`], as is a response whose status is no final one. Trailers
/// are dropped, interim responses have been by hyper.
pub(super) async fn read(response: Response<Incoming>, max_body: usize) -> LiveOutcome {
    let (head, mut body) = response.into_parts();
    if !FINAL.contains(&head.status.as_u16()) {
        warn!(
            status = head.status.as_u16(),
            "upstream's status is no final one"
        );
        return LiveOutcome::Fault(Fault::Malformed);
    }
    let announced = body.size_hint().exact();
    if announced.is_some_and(|length| length > max_body as u64) {
        return too_large(max_body);
    }
    let mut read = BytesMut::new();
    let ended = loop {
        match body.frame().await {
            None => break Ok(()),
            Some(Err(error)) => break Err(error),
            Some(Ok(frame)) => {
                let Some(data) = frame.data_ref() else {
                    continue;
                };
                if read.len() + data.len() > max_body {
                    return too_large(max_body);
                }
                read.extend_from_slice(data);
            }
        }
    };
    let declared_length = declared_length(&head.headers);
    let response = LiveResponse {
        status: head.status,
        headers: head.headers,
        body: read.freeze(),
    };
    match ended {
        Ok(()) => LiveOutcome::Response(response),
        Err(error) => {
            let fault = within_body(&error, declared_length);
            warn!(
                fault = fault.kind(),
                error = with_causes(&error),
                "upstream's answer ended in an error"
            );
            if fault.has_response() {
                LiveOutcome::Cut { response, fault }
            } else {
                LiveOutcome::Fault(fault)
            }
        }
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
