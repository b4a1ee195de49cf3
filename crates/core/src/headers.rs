//! Which headers belong to the message and which to one connection (RFC 9110, section 7.6.1), and those by which a call
//! and an answer are known.

use http::HeaderMap;
use http::header::{
    CONNECTION, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};

/// What an AWS SDK sends the same with each attempt at one call. Older clients send none.
pub const INVOCATION_ID: HeaderName = HeaderName::from_static("amz-sdk-invocation-id");

/// The service's own number for a request, on each of its answers.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// The headers that outlive one connection, in the order they came: all but the hop-by-hop ones and
/// those that `Connection` lists.
///
/// To drop the others with [`HeaderMap::remove`] would change the order of the rest. `Content-Length` is kept.
pub fn end_to_end(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    let listed = listed_in_connection(headers);
    headers
        .iter()
        .filter(move |(name, _)| !is_hop_by_hop(name) && !listed.contains(name))
}

fn is_hop_by_hop(name: &HeaderName) -> bool {
    [
        CONNECTION,
        KEEP_ALIVE,
        PROXY_CONNECTION,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ]
    .contains(name)
}

fn listed_in_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[(&'static str, &'static str)], expected: &[(&str, &str)]) {
        let mut headers = HeaderMap::new();
        for (name, value) in input {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let kept: Vec<_> = end_to_end(&headers)
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(kept, expected);
    }

    #[test]
    fn drops_every_hop_by_hop_header() {
        check(
            &[
                ("connection", "close"),
                ("keep-alive", "timeout=5"),
                ("proxy-connection", "keep-alive"),
                ("proxy-authenticate", "Basic"),
                ("proxy-authorization", "Basic eA=="),
                ("te", "trailers"),
                ("trailer", "x-late"),
                ("transfer-encoding", "chunked"),
                ("upgrade", "h2c"),
            ],
            &[],
        );
    }

    #[test]
    fn drops_what_connection_lists_in_any_case_and_keeps_the_order() {
        check(
            &[
                ("x-first", "1"),
                ("connection", "X-Private ,, keep-alive"),
                ("content-length", "2"),
                ("x-private", "secret"),
                ("x-second", "2"),
                ("connection", "x-other"),
                ("x-second", "2b"),
                ("x-other", "gone"),
                ("x-third", "3"),
            ],
            &[
                ("x-first", "1"),
                ("content-length", "2"),
                ("x-second", "2"),
                ("x-second", "2b"),
                ("x-third", "3"),
            ],
        );
    }

    #[test]
    fn a_connection_value_that_is_no_name_is_passed_over() {
        check(
            &[("connection", "not a name, @"), ("x-kept", "1")],
            &[("x-kept", "1")],
        );
    }
}
