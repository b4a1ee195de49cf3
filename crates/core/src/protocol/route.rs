//! Which operation a request names, and the checks that the service makes before it asks who is calling.

use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};

use super::{CONTENT_TYPE, Encoded, ErrorCode, ErrorMessage, ServiceError, encode_error};
use crate::operation::{Operation, TargetError};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// The operation that a request's only `X-Amz-Target` names, known to the service or not.
///
/// A server between a client and the service asks this; [`route`] answers as the service does.
///
/// # Errors
///
/// There is no such header, there are several, or it does not name an operation.
pub fn named_operation(headers: &HeaderMap) -> Result<Operation, NoOperation> {
    let mut targets = headers.get_all(TARGET).iter();
    let target = match (targets.next(), targets.next()) {
        (Some(target), None) => target,
        (None, _) => return Err(NoOperation::NoTarget),
        (Some(_), Some(_)) => return Err(NoOperation::SeveralTargets),
    };
    let text = target
        .to_str()
        .map_err(|_| NoOperation::NotText(target.as_bytes().into()))?;
    Operation::from_target(text).map_err(|error| NoOperation::Target {
        target: text.into(),
        error,
    })
}

/// Why a request names no operation. The fault is the client's, and its text does not repeat what the client
/// sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoOperation {
    /// It has no target.
    #[error("has no X-Amz-Target header")]
    NoTarget,
    /// It has more than one target.
    #[error("has more than one X-Amz-Target header")]
    SeveralTargets,
    /// Its target has bytes that are not visible ASCII.
    #[error("has an X-Amz-Target header that is not text")]
    NotText(Box<[u8]>),
    /// Its target does not name an operation of CodePipeline.
    #[error("has an X-Amz-Target header that names no operation of CodePipeline ({error})")]
    Target {
        /// The target.
        target: Box<str>,
        /// What is wrong with it.
        #[source]
        error: TargetError,
    },
}

/// Finds the operation of a request: checks the content type, then that the body is a JSON object,
/// then the target, in the service's order. The path is not looked at, as the service does not
/// either.
///
/// What remains, in order: the caller's signature, then
/// [`decode_request`](super::decode_request).
///
/// # Errors
///
/// The first check that fails. Write it with [`encode_route_error`].
pub fn route(
    content_type: Option<&str>,
    target: Option<&str>,
    body: &[u8],
) -> Result<Operation, RouteError> {
    match content_type.map(media_type).as_deref() {
        Some(CONTENT_TYPE) => {}
        Some("application/json") => return Err(RouteError::PlainJson),
        _ => return Err(RouteError::ContentType),
    }
    let operation = target
        .and_then(|target| Operation::from_target(target).ok())
        .filter(Operation::is_known);
    let body = match (body, &operation) {
        ([], None) => Ok(Map::new()),
        (body, _) => parse_body(body),
    };
    body?;
    operation.ok_or(RouteError::UnknownOperation)
}

/// Why a request reaches no operation. The fault is the client's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The content type is `application/json`.
    #[error("content type is `application/json`, not `{CONTENT_TYPE}`")]
    PlainJson,
    /// The content type is absent or another, such as that of AWS JSON 1.0.
    #[error("content type is not `{CONTENT_TYPE}`")]
    ContentType,
    /// The body is not a JSON object.
    #[error("body is not a JSON object")]
    Body(#[from] ServiceError),
    /// The target is absent, malformed, or names no operation.
    #[error("target names no operation")]
    UnknownOperation,
}

/// Writes a routing error as the service's front end does.
pub fn encode_route_error(error: &RouteError) -> Encoded {
    let not_found = |body: &str| Encoded {
        status: 404,
        content_type: CONTENT_TYPE,
        body: body.as_bytes().to_vec(),
    };
    match error {
        RouteError::PlainJson => not_found(
            r#"{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}"#,
        ),
        RouteError::ContentType => not_found("<UnknownOperationException/>"),
        RouteError::Body(error) => encode_error(error),
        RouteError::UnknownOperation => {
            encode_error(&ServiceError::without_message(ErrorCode::UnknownOperation))
        }
    }
}

/// Parses a request's body.
pub(super) fn parse_body(body: &[u8]) -> Result<Map<String, Value>, ServiceError> {
    let error = ServiceError::without_message(ErrorCode::Serialization);
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Array(_)) => {
            let text = "Start of list found where not expected".to_owned();
            Err(error.with_message(ErrorMessage::Capital(text)))
        }
        _ => Err(error),
    }
}

/// The media type in lower case, without parameters.
fn media_type(content_type: &str) -> String {
    let end = content_type.find(';').unwrap_or(content_type.len());
    content_type[..end].trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_routed_in_the_services_order() {
        fn check(content_type: Option<&str>, target: Option<&str>, body: &str, expected: &str) {
            let shown = match route(content_type, target, body.as_bytes()) {
                Ok(operation) => operation.to_string(),
                Err(error) => {
                    let encoded = encode_route_error(&error);
                    let body = String::from_utf8(encoded.body).unwrap();
                    format!("{} {body}", encoded.status)
                }
            };
            assert_eq!(shown, expected, "{content_type:?} {target:?} {body}");
        }
        let json = Some(CONTENT_TYPE);
        let target = Some("CodePipeline_20150709.AcknowledgeJob");
        let other = Some("CodePipeline_20150709.Nothing");
        check(json, target, "{}", "AcknowledgeJob");
        check(
            Some("Application/X-Amz-JSON-1.1; charset=utf-8"),
            target,
            " {} ",
            "AcknowledgeJob",
        );
        check(
            Some("application/json"),
            target,
            "{}",
            r#"404 {"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}"#,
        );
        let xml = "404 <UnknownOperationException/>";
        check(None, target, "{}", xml);
        check(Some("application/x-amz-json-1.0"), target, "{}", xml);
        let unreadable = r#"400 {"__type":"SerializationException"}"#;
        for body in [
            "",
            "null",
            "3",
            "\"a\"",
            "{",
            "{} {}",
            "{\"a\":\"\\ud800\"}",
        ] {
            check(json, target, body, unreadable);
        }
        check(
            json,
            target,
            "[]",
            r#"400 {"__type":"SerializationException","Message":"Start of list found where not expected"}"#,
        );
        let unknown = r#"400 {"__type":"UnknownOperationException"}"#;
        check(json, other, "{}", unknown);
        check(json, other, "", unknown);
        check(json, other, "{", unreadable);
        check(json, None, "{}", unknown);
        check(json, Some("AcknowledgeJob"), "{}", unknown);
        check(
            json,
            Some("CodePipeline_20150709.acknowledgejob"),
            "{}",
            unknown,
        );
    }
}
