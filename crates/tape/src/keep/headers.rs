//! Which headers a tape has.

use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderName,
    HeaderValue, SET_COOKIE, USER_AGENT, WWW_AUTHENTICATE,
};
use pipetape_core::headers::end_to_end;

use super::redactions::Redactions;
use crate::redact::Redactor;

/// Beside these two, whatever begins with [`SDK_PREFIX`].
const REQUEST: [HeaderName; 2] = [CONTENT_TYPE, USER_AGENT];
/// What SDKs say of a call and its retries.
const SDK_PREFIX: &str = "amz-sdk-";

/// Computed for each answer, or harmful when old: SDKs that see an old date shift their clock and
/// retry.
const COMPUTED: [HeaderName; 2] = [CONTENT_LENGTH, DATE];
/// Cookies and credentials.
const SECRET: [HeaderName; 7] = [
    SET_COOKIE,
    HeaderName::from_static("set-cookie2"),
    AUTHORIZATION,
    WWW_AUTHENTICATE,
    HeaderName::from_static("authentication-info"),
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-amzn-remapped-www-authenticate"),
];
/// Checksums over the body as it was.
const CHECKSUMS: [HeaderName; 5] = [
    HeaderName::from_static("x-amz-crc32"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
];

/// Whether a tape has, and a replay sends, an end-to-end header of that name. Hop-by-hop ones are
/// [`end_to_end`]'s to drop.
pub(crate) fn keeps_response_header(name: &HeaderName) -> bool {
    !COMPUTED.contains(name) && !SECRET.contains(name)
}

/// How a body on the tape relates to the one received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyIs {
    AsItCame,
    Changed,
}

/// A request's headers on the tape: each name once, values of one name joined.
pub(super) fn request(
    headers: &HeaderMap,
    redactor: &Redactor,
    redactions: &mut Redactions,
) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        if !REQUEST.contains(name) && !name.as_str().starts_with(SDK_PREFIX) {
            continue;
        }
        let value = text(name, value, redactor, redactions);
        match kept.iter_mut().find(|(known, _)| known == name.as_str()) {
            Some((_, values)) => *values = format!("{values}, {value}"),
            None => kept.push((name.as_str().to_owned(), value)),
        }
    }
    kept
}

/// A response's headers on the tape, in the order received.
pub(super) fn response(
    headers: &HeaderMap,
    body: BodyIs,
    redactor: &Redactor,
    redactions: &mut Redactions,
) -> Vec<(String, String)> {
    let is_stale = |name: &HeaderName| *name == CONTENT_ENCODING || CHECKSUMS.contains(name);
    end_to_end(headers)
        .filter(|(name, _)| keeps_response_header(name))
        .filter(|(name, _)| body == BodyIs::AsItCame || !is_stale(name))
        .map(|(name, value)| {
            let value = text(name, value, redactor, redactions);
            (name.as_str().to_owned(), value)
        })
        .collect()
}

fn text(
    name: &HeaderName,
    value: &HeaderValue,
    redactor: &Redactor,
    redactions: &mut Redactions,
) -> String {
    let came = String::from_utf8_lossy(value.as_bytes());
    let kept = redactor.text(&came);
    if kept != came {
        redactions.header(name.as_str());
    }
    kept.into_owned()
}
