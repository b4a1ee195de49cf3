//! From types to bytes.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use super::{Call, ErrorMessage, Reply, ServiceError};

/// The content type of every request and response.
pub const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// A response, ready to be sent. The server adds `Content-Length`, `Date` and a request id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The HTTP status.
    pub status: u16,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The body; empty for operations that give nothing back.
    pub body: Vec<u8>,
}

/// Writes a request's body: members in the model's order, no spaces. Secrets are in clear.
pub fn encode_request(call: &Call) -> Vec<u8> {
    call.write()
}

/// Writes a response: status 200. Secrets are in clear.
pub fn encode_response(reply: &Reply) -> Encoded {
    Encoded {
        status: 200,
        content_type: CONTENT_TYPE,
        body: reply.write(),
    }
}

/// Writes an error as the service does: the bare code in `__type`, then the message, if any, under
/// its key.
pub fn encode_error(error: &ServiceError) -> Encoded {
    let mut body = format!(r#"{{"__type":{}"#, quoted(error.code().name()));
    match error.keyed_message() {
        ErrorMessage::None => {}
        ErrorMessage::Lower(text) => body.push_str(&format!(r#","message":{}"#, quoted(text))),
        ErrorMessage::Capital(text) => body.push_str(&format!(r#","Message":{}"#, quoted(text))),
    }
    body.push('}');
    Encoded {
        status: error.status(),
        content_type: CONTENT_TYPE,
        body: body.into_bytes(),
    }
}

/// An error of our own, with a code that the service does not have, in the shape that AWS clients read:
/// `{"__type":CODE,"message":MESSAGE}`. Whatever answers in the service's place says it so.
pub fn error_response(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let body = format!(
        r#"{{"__type":{},"message":{}}}"#,
        quoted(code),
        quoted(message)
    );
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    response
}

fn quoted(text: &str) -> Value {
    Value::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::Void;
    use crate::protocol::ErrorCode;

    #[test]
    fn errors_have_the_services_form() {
        fn check(error: &ServiceError, body: &str) {
            let encoded = encode_error(error);
            assert_eq!(String::from_utf8(encoded.body).unwrap(), body);
            assert_eq!((encoded.status, encoded.content_type), (400, CONTENT_TYPE));
        }
        check(
            &ServiceError::new(ErrorCode::InvalidNonce, "a \"quoted\"\nline"),
            r#"{"__type":"InvalidNonceException","message":"a \"quoted\"\nline"}"#,
        );
        check(
            &ServiceError::without_message(ErrorCode::UnknownOperation),
            r#"{"__type":"UnknownOperationException"}"#,
        );
        check(
            &ServiceError::without_message(ErrorCode::Serialization)
                .with_message(ErrorMessage::Capital("Expected null".into())),
            r#"{"__type":"SerializationException","Message":"Expected null"}"#,
        );
    }

    #[test]
    fn an_error_of_our_own_has_the_same_form() {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        let response = error_response(status, "TooBig", "a \"quoted\"\nlimit");
        assert_eq!(response.status(), 413);
        assert_eq!(response.headers()[header::CONTENT_TYPE], CONTENT_TYPE);
        assert_eq!(response.headers().len(), 1);
        assert_eq!(
            response.body(),
            r#"{"__type":"TooBig","message":"a \"quoted\"\nlimit"}"#
        );
    }

    #[test]
    fn void_operations_answer_with_an_empty_body() {
        let encoded = encode_response(&Reply::PutJobSuccessResult(Void));
        assert_eq!((encoded.status, encoded.body.len()), (200, 0));
    }
}
