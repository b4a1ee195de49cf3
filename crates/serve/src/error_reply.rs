//! The errors that the server answers itself, and their form.

use bytes::Bytes;
use http::{Response, StatusCode};
use pipetape_core::protocol::error_response;

/// Why the server answers in the place of its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerError {
    /// The body is, or says that it will be, larger than the limit (in bytes).
    BodyTooLarge { limit: usize },
    /// A streamed body is larger than the limit (in bytes) that its service has chosen.
    StreamTooLarge { limit: u64 },
    /// The body ended before its announced length, or its framing is wrong.
    BodyBroken,
    /// The head was not complete in time.
    HeadTimeout,
    /// The body was not complete in time.
    BodyTimeout,
    /// There was no memory for the body in time.
    NoCapacity,
    /// The service panicked, or gave a reply that its request does not allow.
    ServiceFailed,
}

impl ServerError {
    /// The response, in the form that AWS clients read: JSON with `__type` and `message`. This is
    /// the only place that chooses the form.
    pub(crate) fn response(self) -> Response<Bytes> {
        let too_large;
        let (status, code, message) = match self {
            Self::BodyTooLarge { limit } => {
                too_large = format!(
                    "the request's body is larger than the limit of {limit} bytes; raise it with --max-body"
                );
                (
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "RequestEntityTooLargeException",
                    too_large.as_str(),
                )
            }
            Self::StreamTooLarge { limit } => {
                too_large = format!("the request's body is larger than the limit of {limit} bytes");
                (
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "RequestEntityTooLargeException",
                    too_large.as_str(),
                )
            }
            Self::BodyBroken => (
                StatusCode::BAD_REQUEST,
                "MalformedBodyException",
                "the request's body ended before its announced length, or its chunks are malformed",
            ),
            Self::HeadTimeout => (
                StatusCode::REQUEST_TIMEOUT,
                "SlowRequestException",
                "the request's headers did not arrive in time",
            ),
            Self::BodyTimeout => (
                StatusCode::REQUEST_TIMEOUT,
                "SlowRequestException",
                "the request's body did not arrive in time",
            ),
            Self::NoCapacity => (
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailableException",
                "too many large requests at once: there is no memory for this one's body",
            ),
            Self::ServiceFailed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalFailure",
                "pipetape failed while answering this request; its log on stderr says more",
            ),
        };
        error_response(status, code, message)
    }
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;

    use super::*;

    #[test]
    fn has_the_form_that_aws_clients_read() {
        let response = ServerError::BodyTooLarge { limit: 7 }.response();
        assert_eq!(response.status(), 413);
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "application/x-amz-json-1.1"
        );
        assert_eq!(
            response.body(),
            r#"{"__type":"RequestEntityTooLargeException","message":"the request's body is larger than the limit of 7 bytes; raise it with --max-body"}"#
        );
    }
}
