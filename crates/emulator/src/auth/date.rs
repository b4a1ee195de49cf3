//! When a request was signed.

use std::time::SystemTime;

use http::HeaderMap;
use http::header::DATE;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc2822;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

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
