//! What a request's headers say of its signature: whether it is there and complete, and when it was made.

use std::time::SystemTime;

use http::HeaderMap;
use http::header::{AUTHORIZATION, DATE};
use pipetape_core::credential_scope::{Component, LONGEST_HEADER};
use pipetape_core::protocol::{ErrorCode, ServiceError};
use pipetape_core::{Authorization, AuthorizationError};
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc2822;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// The longest access key id that is kept, in bytes; AWS's have up to 128.
const LONGEST_KEY_ID: usize = 128;

/// Reads the `Authorization` header of a request that must have a complete one.
///
/// # Errors
///
/// There is none, or it is incomplete.
pub(super) fn complete(headers: &HeaderMap) -> Result<Authorization, ServiceError> {
    let Some(header) = headers
        .get(AUTHORIZATION)
        .filter(|header| !header.is_empty())
    else {
        let text = "Missing Authentication Token";
        return Err(ServiceError::new(
            ErrorCode::MissingAuthenticationToken,
            text,
        ));
    };
    let header = String::from_utf8_lossy(header.as_bytes());
    let parsed = Authorization::parse(&header);
    let mut sentences = parsed.as_ref().err().map(complaint).unwrap_or_default();
    if !headers.contains_key("x-amz-date") && !headers.contains_key(DATE) {
        sentences.push_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        );
    }
    match parsed {
        Ok(authorization) if sentences.is_empty() => Ok(authorization),
        _ => {
            let shown: String = header.chars().take(LONGEST_HEADER).collect();
            let text = format!("{sentences}Authorization={shown}");
            Err(ServiceError::new(ErrorCode::IncompleteSignature, text))
        }
    }
}

/// The access key that a request claims to be signed with, cut if it is long.
pub(crate) fn access_key_id(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let authorization = Authorization::parse(header).ok()?;
    let id = authorization.access_key_id();
    Some(id.chars().take(LONGEST_KEY_ID).collect())
}

/// The sentences that say what a header lacks, each with a space after it.
fn complaint(error: &AuthorizationError) -> String {
    let missing = match error {
        AuthorizationError::Incomplete { missing } => missing.clone(),
        // Of a header in another form, the service finds nothing that it looks for.
        AuthorizationError::Algorithm => Component::ALL.to_vec(),
        AuthorizationError::Credential => {
            return "Credential must have exactly 5 slash-delimited elements, \
                    e.g. keyid/date/region/service/term. "
                .to_owned();
        }
        other => return format!("The {other}. "),
    };
    let sentence =
        |component: Component| format!("Authorization header requires '{component}' parameter. ");
    missing.into_iter().map(sentence).collect()
}

const BASIC: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

/// The time in `X-Amz-Date`, or else in `Date`, to the second.
pub(super) fn signed_at(headers: &HeaderMap) -> Option<SystemTime> {
    let text = |header: &http::HeaderValue| header.to_str().ok().map(str::to_owned);
    if let Some(header) = headers.get("x-amz-date") {
        return parse_basic(&text(header)?);
    }
    let text = text(headers.get(DATE)?)?;
    let from_mail = || {
        OffsetDateTime::parse(&text, &Rfc2822)
            .ok()
            .map(SystemTime::from)
    };
    parse_basic(&text).or_else(from_mail)
}

/// ISO 8601's basic form in UTC, such as `20150830T123600Z`.
pub(super) fn basic(time: SystemTime) -> String {
    // The form has no part that a date could lack.
    OffsetDateTime::from(time).format(BASIC).unwrap_or_default()
}

fn parse_basic(text: &str) -> Option<SystemTime> {
    let date = PrimitiveDateTime::parse(text, BASIC).ok()?;
    Some(SystemTime::from(date.assume_utc()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;

    use super::*;

    #[test]
    fn dates_are_read() {
        fn check(name: &'static str, value: &'static str, seconds: Option<u64>) {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]);
            let expected = seconds.map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s));
            assert_eq!(signed_at(&headers), expected, "{value}");
        }
        let some = Some(1_440_938_160);
        check("x-amz-date", "20150830T123600Z", some);
        check("date", "20150830T123600Z", some);
        check("date", "Sun, 30 Aug 2015 12:36:00 GMT", some);
        check("x-amz-date", "Sun, 30 Aug 2015 12:36:00 GMT", None);
        check("x-amz-date", "20151330T123600Z", None);
        check("x-amz-date", "20150830T123600", None);
        check("x-amz-date", "", None);
    }

    #[test]
    fn dates_are_written_as_they_are_read() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_440_938_160_999);
        assert_eq!(basic(time), "20150830T123600Z");
    }
}
