//! What an admin route answers.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::json;

/// The answer of an admin route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminReply {
    status: StatusCode,
    content_type: &'static str,
    allow: Option<&'static str>,
    body: Bytes,
}

impl AdminReply {
    /// Status 200 and a JSON body.
    pub fn json(value: &impl Serialize) -> AdminReply {
        match serde_json::to_vec(value) {
            Ok(body) => AdminReply::with_json(StatusCode::OK, body),
            // A map with keys that are no strings, or a `Serialize` of its own mind.
            Err(_) => AdminReply::error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the answer has no JSON form",
            ),
        }
    }

    /// Status 200 and a text body, such as [`metrics`](crate::metrics).
    pub fn text(content_type: &'static str, body: String) -> AdminReply {
        AdminReply {
            status: StatusCode::OK,
            content_type,
            allow: None,
            body: Bytes::from(body),
        }
    }

    /// Status 400: the request makes no sense to this route.
    pub fn bad_request(message: &str) -> AdminReply {
        AdminReply::error(StatusCode::BAD_REQUEST, message)
    }

    /// Status 404: there is no such route, or nothing there.
    pub fn not_found() -> AdminReply {
        AdminReply::error(StatusCode::NOT_FOUND, "no such admin route")
    }

    /// Status 405, with the methods the route takes, as in `"GET, POST"`.
    pub fn method_not_allowed(allow: &'static str) -> AdminReply {
        AdminReply {
            allow: Some(allow),
            ..AdminReply::error(
                StatusCode::METHOD_NOT_ALLOWED,
                &format!("this admin route takes {allow}"),
            )
        }
    }

    /// An error: `{"error":MESSAGE}`.
    pub fn error(status: StatusCode, message: &str) -> AdminReply {
        AdminReply::with_json(status, json!({ "error": message }).to_string().into_bytes())
    }

    fn with_json(status: StatusCode, body: Vec<u8>) -> AdminReply {
        AdminReply {
            status,
            content_type: "application/json",
            allow: None,
            body: Bytes::from(body),
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl From<AdminReply> for Response<Bytes> {
    fn from(reply: AdminReply) -> Response<Bytes> {
        let mut response = Response::new(reply.body);
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
        if let Some(allow) = reply.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}
