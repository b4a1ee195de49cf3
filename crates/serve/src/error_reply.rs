//! Errors the front answers itself, in the shape AWS clients read.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use serde_json::json;

/// A response in the AWS JSON 1.1 error shape: `{"__type":CODE,"message":MESSAGE}`.
pub fn aws_error(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let body = json!({ "__type": code, "message": message }).to_string();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.1"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_shape_that_aws_clients_read() {
        let response = aws_error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "TooBig",
            "a \"quoted\" limit",
        );
        assert_eq!(response.status(), 413);
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "application/x-amz-json-1.1"
        );
        assert_eq!(
            response.body(),
            r#"{"__type":"TooBig","message":"a \"quoted\" limit"}"#
        );
    }
}
