//! The three forms of a body in a file: `body` (JSON), `bodyText` (UTF-8), `bodyBase64`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::json::{compact, parse};
use crate::matching::canonical;

/// The form that a body has in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BodyForm<'a> {
    /// JSON text, to be indented.
    Json(&'a [u8]),
    Text(&'a str),
    Base64(String),
}

impl BodyForm<'_> {
    /// The member's name.
    pub(super) fn member(&self) -> &'static str {
        match self {
            BodyForm::Json(_) => "body",
            BodyForm::Text(_) => "bodyText",
            BodyForm::Base64(_) => "bodyBase64",
        }
    }
}

/// A response's bytes have to come back: as JSON only if they are its tokens and nothing else.
pub(super) fn response_form(body: &[u8]) -> BodyForm<'_> {
    if parse(body).is_some() && compact(body) == body {
        BodyForm::Json(body)
    } else {
        other_form(body)
    }
}

/// A request is only matched: JSON whatever its spacing, unless it is one that is matched on its
/// bytes.
pub(super) fn request_form(body: &[u8]) -> BodyForm<'_> {
    let is_json = parse(body).is_some();
    if is_json && (canonical(body, &[]).is_some() || compact(body) == body) {
        BodyForm::Json(body)
    } else {
        other_form(body)
    }
}

fn other_form(body: &[u8]) -> BodyForm<'_> {
    match std::str::from_utf8(body) {
        Ok(text) => BodyForm::Text(text),
        Err(_) => BodyForm::Base64(STANDARD.encode(body)),
    }
}

/// The bytes that `bodyBase64` encodes.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_json_only_where_its_bytes_come_back() {
        for (body, member) in [
            (&br#"{"a":[1.0,"x"]}"#[..], "body"),
            (br#"{"a":1,"a":2}"#, "body"),
            (b"null", "body"),
            (br#"{"a": 1}"#, "bodyText"),
            (b"{}\n", "bodyText"),
            (b"", "bodyText"),
            (b"<html>", "bodyText"),
            (b"\xff", "bodyBase64"),
        ] {
            assert_eq!(response_form(body).member(), member, "{body:?}");
        }
    }

    #[test]
    fn a_request_keeps_what_it_is_matched_on() {
        for (body, member) in [
            (&br#"{"a":1}"#[..], "body"),
            (br#"{"a": 1}"#, "body"),
            (b"{}\n", "body"),
            (br#"{"a":1,"a":2}"#, "body"),
            (br#"{"a":1, "a":2}"#, "bodyText"),
            (b"{", "bodyText"),
            (b"\xff", "bodyBase64"),
        ] {
            assert_eq!(request_form(body).member(), member, "{body:?}");
        }
    }
}
