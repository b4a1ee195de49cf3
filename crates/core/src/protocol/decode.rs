//! From bytes to types.

use serde_json::{Map, Value};

use super::route::parse_body;
use super::{Call, ErrorCode, ErrorMessage, Reply, ServiceError};
use crate::operation::Operation;
use crate::operations::{Request, Response};
use crate::schema::{self, Rejection, Side};

/// The longest error code that is kept, in bytes; the longest real one has 50.
const LONGEST_CODE: usize = 256;

/// Reads a request's body, in the service's order: JSON, then the types of its values, then the
/// constraints of the model, of which every failed one is reported.
///
/// Operations without a type here, known to the service or not, only need a JSON object.
///
/// # Errors
///
/// The error that the service answers: `SerializationException` without a message where the body
/// is not a JSON object, the same with a `Message` if a value has the wrong type, or
/// `ValidationException`.
pub fn decode_request(operation: &Operation, body: &[u8]) -> Result<Call, ServiceError> {
    let members = parse_body(body)?;
    Ok(Call::read(operation, members)?)
}

/// Reads the response to any operation.
///
/// Unknown members are passed over and unknown names of enumerations kept, as newer services send
/// them. An empty body is an empty object, and the body of an operation that gives nothing back is
/// not looked at.
///
/// # Errors
///
/// See [`DecodeResponseError`]. An error that the service answered is one of them.
pub fn decode_response(
    operation: &Operation,
    status: u16,
    body: &[u8],
) -> Result<Reply, DecodeResponseError> {
    check_status(status, body)?;
    let members = match Reply::has_body(operation) {
        Some(false) => None,
        _ => parse_response(body)?,
    };
    Ok(Reply::read(operation, members)?)
}

/// Reads the response to a request of type `R`, as [`decode_response`] does.
///
/// # Errors
///
/// See [`DecodeResponseError`].
pub fn decode_answer<R: Request>(
    status: u16,
    body: &[u8],
) -> Result<R::Response, DecodeResponseError> {
    check_status(status, body)?;
    let members = if R::Response::HAS_BODY {
        parse_response(body)?.unwrap_or_default()
    } else {
        Map::new()
    };
    Ok(schema::from_json(Value::Object(members), Side::Response)?)
}

/// Reads an error's body the way AWS's clients do.
///
/// The code comes from `__type`, else from `code`, else from the `x-amzn-ErrorType` header; what
/// comes before a `#` or after a `:` is not part of it. The text comes from `message`, else from
/// `Message`.
///
/// # Errors
///
/// [`DecodeResponseError::NoErrorCode`] if none of the three is there: what answered was then
/// probably not the service.
pub fn decode_error(
    status: u16,
    error_type: Option<&str>,
    body: &[u8],
) -> Result<ServiceError, DecodeResponseError> {
    let members = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let code = [text("__type"), text("code"), error_type]
        .into_iter()
        .flatten()
        .map(bare_code)
        .find(|code| !code.is_empty() && code.len() <= LONGEST_CODE)
        .ok_or(DecodeResponseError::NoErrorCode { status })?;
    let message = match (text("message"), text("Message")) {
        (Some(text), _) => ErrorMessage::Lower(text.to_owned()),
        (None, Some(text)) => ErrorMessage::Capital(text.to_owned()),
        (None, None) => ErrorMessage::None,
    };
    Ok(ServiceError::without_message(ErrorCode::from_name(code))
        .with_message(message)
        .with_status(status))
}

/// Why a response gives no typed value.
#[derive(Debug, thiserror::Error)]
pub enum DecodeResponseError {
    /// The service answered with an error.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The status is not a success and the body has no error of the service.
    #[error("status {status} without an error code")]
    NoErrorCode {
        /// The HTTP status.
        status: u16,
    },
    /// The body is not JSON.
    #[error("response body is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// The body is JSON, but no object.
    #[error("response body is not a JSON object")]
    NotAnObject,
    /// The body does not have the response's shape.
    #[error("response body does not fit the operation")]
    Rejected(#[from] Rejection),
}

fn check_status(status: u16, body: &[u8]) -> Result<(), DecodeResponseError> {
    match status {
        200..=299 => Ok(()),
        _ => Err(decode_error(status, None, body)?.into()),
    }
}

fn parse_response(body: &[u8]) -> Result<Option<Map<String, Value>>, DecodeResponseError> {
    if body.is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(Some(members)),
        Ok(_) => Err(DecodeResponseError::NotAnObject),
        Err(error) => Err(DecodeResponseError::NotJson(error)),
    }
}

fn bare_code(code: &str) -> &str {
    let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
    code.split_once(':').map_or(code, |(code, _)| code).trim()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::operations::{AcknowledgeJobRequest, PutJobSuccessResultRequest, Void};
    use crate::protocol::call::{typed_calls, typed_replies};
    use crate::protocol::{encode_error, encode_request, encode_response};
    use crate::shapes::JobStatus;

    #[test]
    fn errors_are_read_in_every_form() {
        fn check(error_type: Option<&str>, body: &str, code: &str, message: Option<&str>) {
            let error = decode_error(400, error_type, body.as_bytes()).unwrap();
            assert_eq!((error.code().name(), error.message()), (code, message));
            assert_eq!(error.status(), 400);
        }
        let text = Some("m");
        check(None, r#"{"__type":"A","message":"m"}"#, "A", text);
        check(None, r#"{"__type":"ns.x#A","Message":"m"}"#, "A", text);
        check(None, r#"{"code":"A"}"#, "A", None);
        check(Some("A:http://x/"), "{}", "A", None);
        check(Some("A"), "<html>", "A", None);
        check(Some("B"), r#"{"__type":"A","message":3}"#, "A", None);
        assert!(matches!(
            decode_error(502, None, b"<html>"),
            Err(DecodeResponseError::NoErrorCode { status: 502 })
        ));
    }

    #[test]
    fn a_response_may_be_newer_than_the_model() {
        let body = br#"{"__type":"x","status":"Paused","more":[1]}"#;
        let answer = decode_answer::<AcknowledgeJobRequest>(200, body).unwrap();
        assert!(
            matches!(&answer.status, JobStatus::Unrecognized(name) if name.as_str() == "Paused")
        );
        let encoded = encode_response(&AcknowledgeJobRequest::reply(answer));
        assert_eq!(encoded.body, br#"{"status":"Paused"}"#);
    }

    #[test]
    fn void_responses_are_taken_whatever_they_hold() {
        for body in ["", "{}", "null", "<html>"] {
            let answer = decode_answer::<PutJobSuccessResultRequest>(200, body.as_bytes());
            assert_eq!(answer.unwrap(), Void);
        }
    }

    #[test]
    fn an_operation_without_a_type_keeps_its_members() {
        let body = br#"{"name":"p","token":"hunter2"}"#;
        let call = decode_request(&Operation::GetPipeline, body).unwrap();
        assert_eq!(call.operation(), Operation::GetPipeline);
        assert_eq!(encode_request(&call), body);
        let shown = format!("{call:?}");
        assert!(
            shown.contains("token") && !shown.contains("hunter2"),
            "{shown}"
        );
    }

    #[test]
    fn hostile_bodies_are_refused() {
        let deep = "[".repeat(100_000);
        let nested = format!("{{\"jobId\":{}", "{\"a\":".repeat(100_000));
        let huge = "{\"jobId\":1e999999}";
        for body in [
            deep.as_bytes(),
            nested.as_bytes(),
            huge.as_bytes(),
            b"{\"jobId\":\"\xff\"}",
        ] {
            for operation in [Operation::AcknowledgeJob, Operation::ListPipelines] {
                let error = decode_request(&operation, body).unwrap_err();
                assert_eq!(*error.code(), ErrorCode::Serialization);
            }
        }
    }

    #[test]
    fn a_message_about_countless_faults_stays_bounded() {
        let tags = vec!["null"; 100_000].join(",");
        let body = format!("{{\"tags\":[{tags}]}}");
        let error = decode_request(&Operation::CreateCustomActionType, body.as_bytes());
        let error = error.unwrap_err();
        let message = error.message().unwrap();
        assert!(message.starts_with("100005 validation errors detected: "));
        assert!(message.len() < 40_000, "{}", message.len());
    }

    proptest! {
        #[test]
        fn calls_survive_the_wire(call in typed_calls()) {
            let body = encode_request(&call);
            let read = decode_request(&call.operation(), &body);
            prop_assert_eq!(read.as_ref(), Ok(&call), "{}", String::from_utf8_lossy(&body));
        }

        #[test]
        fn replies_survive_the_wire(reply in typed_replies()) {
            let encoded = encode_response(&reply);
            let read = decode_response(&reply.operation(), encoded.status, &encoded.body);
            prop_assert_eq!(read.unwrap(), reply);
        }

        #[test]
        fn errors_survive_the_wire(code in "[A-Za-z]{1,40}", text in any::<Option<String>>(), status in 300u16..600) {
            let mut error = ServiceError::without_message(ErrorCode::from_name(&code));
            if let Some(text) = text {
                error = error.with_message(ErrorMessage::Lower(text));
            }
            let error = error.with_status(status);
            let encoded = encode_error(&error);
            prop_assert_eq!(decode_error(encoded.status, None, &encoded.body).unwrap(), error);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), at in 0..Operation::ALL.len()) {
            let operation = &Operation::ALL[at];
            let _ = decode_request(operation, &bytes);
            let _ = decode_response(operation, 200, &bytes);
            let _ = decode_response(operation, 400, &bytes);
        }
    }
}
