//! Errors the front answers itself, in the shape AWS clients read.

use bytes::Bytes;
use http::{Response, StatusCode};
use pipetape_core::protocol::error_response;

/// A response in the AWS JSON 1.1 error shape; see [`error_response`].
pub fn aws_error(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    error_response(status, code, message)
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;

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
