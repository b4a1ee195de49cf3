//! What upstream gave, as the client gets it.

use bytes::Bytes;
use http::Response;
use pipetape_core::headers::end_to_end;
use pipetape_serve::Reply;
use pipetape_tape::{Fault, FaultAnswer, LiveOutcome, LiveResponse};

/// Status, end-to-end headers and body as they came; for a fault, what [`Fault::answer`] says.
pub(crate) fn reply(given: LiveOutcome) -> Reply {
    match given {
        LiveOutcome::Response(given) => Reply::from(response(given)),
        LiveOutcome::Fault(fault) => failed(fault, None),
        LiveOutcome::Cut { response, fault } => failed(fault, Some(response)),
    }
}

fn failed(fault: Fault, came: Option<LiveResponse>) -> Reply {
    let answer = fault.answer();
    if let Some(error) = answer.error_response() {
        return Reply::from(error);
    }
    match (answer, came) {
        (FaultAnswer::Truncated { declared_length }, Some(came)) => Reply::Truncated {
            response: Box::new(response(came)),
            declared: declared_length,
        },
        _ => Reply::Reset,
    }
}

fn response(given: LiveResponse) -> Response<Bytes> {
    let mut response = Response::new(given.body);
    *response.status_mut() = given.status;
    let headers = end_to_end(&given.headers);
    *response.headers_mut() = headers
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    response
}
