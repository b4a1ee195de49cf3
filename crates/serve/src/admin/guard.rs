//! Who may use the admin routes.

use std::fmt;

use http::header::{AUTHORIZATION, ORIGIN};
use subtle::ConstantTimeEq as _;
use thiserror::Error;

use crate::host;
use crate::message::Request;

/// Admits clients on this machine, and those that have the token.
///
/// On this machine means: the peer is loopback, the requested authority names loopback, and the
/// request does not come from a page of another site (`Origin`). The peer alone is not enough: a
/// browser on this machine runs other people's pages.
#[derive(Clone, Debug, Default)]
pub struct AdminGuard {
    token: Option<AdminToken>,
}

/// The secret of `--admin-token`. Its `Debug` is a placeholder.
#[derive(Clone)]
pub struct AdminToken(String);

/// An empty token would admit everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the admin token is empty")]
pub struct EmptyToken;

/// Why a request to an admin route is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AdminRefusal {
    /// There is a bearer token, and it is another one.
    #[error("the bearer token is not the one of --admin-token")]
    WrongToken,
    /// The peer is not loopback.
    #[error("admin routes answer only on this machine; --admin-token opens them to others")]
    Remote,
    /// The requested authority is not loopback, or is missing.
    #[error("admin routes answer only where Host names loopback, such as localhost or 127.0.0.1")]
    ForeignHost,
    /// The request comes from a page of another site.
    #[error("admin routes do not answer pages of other sites")]
    ForeignOrigin,
}

impl AdminGuard {
    /// Admits this machine and, if there is a token, those that send it.
    pub fn new(token: Option<AdminToken>) -> Self {
        Self { token }
    }

    /// Whether a request may use the admin routes.
    ///
    /// # Errors
    ///
    /// Why it may not.
    pub fn admit(&self, request: &Request) -> Result<(), AdminRefusal> {
        if let (Some(token), Some(offered)) = (&self.token, bearer(request)) {
            return if token.matches(offered) {
                Ok(())
            } else {
                Err(AdminRefusal::WrongToken)
            };
        }
        if !request.peer.ip().to_canonical().is_loopback() {
            return Err(AdminRefusal::Remote);
        }
        if !request.host().is_some_and(host::names_loopback) {
            return Err(AdminRefusal::ForeignHost);
        }
        if !origins_are_local(request) {
            return Err(AdminRefusal::ForeignOrigin);
        }
        Ok(())
    }
}

impl AdminToken {
    /// A token as given on the command line.
    ///
    /// # Errors
    ///
    /// It is empty.
    pub fn new(token: String) -> Result<Self, EmptyToken> {
        if token.is_empty() {
            return Err(EmptyToken);
        }
        Ok(Self(token))
    }

    /// Compares in a time that depends only on the lengths.
    fn matches(&self, offered: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(offered).into()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

/// The token of the only `Authorization: Bearer` header.
fn bearer(request: &Request) -> Option<&[u8]> {
    let mut values = request.headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

/// Browsers send `Origin` with the requests of a page to another site; other clients do not send
/// it.
fn origins_are_local(request: &Request) -> bool {
    request.headers.get_all(ORIGIN).iter().all(|origin| {
        origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, authority)| host::names_loopback(authority))
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method, Uri, Version};

    use super::*;

    const LOCAL: &str = "127.0.0.1:50000";
    const LOCAL_V6: &str = "[::1]:50000";
    const MAPPED: &str = "[::ffff:127.0.0.1]:50000";
    const REMOTE: &str = "10.0.0.9:50000";

    struct Case {
        peer: &'static str,
        target: &'static str,
        headers: &'static [(&'static str, &'static str)],
        open: Result<(), AdminRefusal>,
        with_token: Result<(), AdminRefusal>,
    }

    fn check(case: &Case) {
        let mut headers = HeaderMap::new();
        for (name, value) in case.headers {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let request = Request {
            method: Method::GET,
            uri: Uri::from_static(case.target),
            version: Version::HTTP_11,
            headers,
            body: Bytes::new(),
            peer: case.peer.parse().unwrap(),
            local: "127.0.0.1:4577".parse().unwrap(),
            intercepted: None,
        };
        let token = AdminToken::new("s3cret".to_owned()).unwrap();
        let name = format!("{} {} {:?}", case.peer, case.target, case.headers);
        assert_eq!(AdminGuard::default().admit(&request), case.open, "{name}");
        assert_eq!(
            AdminGuard::new(Some(token)).admit(&request),
            case.with_token,
            "{name}, token set"
        );
    }

    #[test]
    fn peer_by_host_by_token() {
        let path = "/_pipetape/health";
        for (peer, loopback) in [
            (LOCAL, true),
            (LOCAL_V6, true),
            (MAPPED, true),
            (REMOTE, false),
        ] {
            let from = |result| {
                if loopback {
                    result
                } else {
                    Err(AdminRefusal::Remote)
                }
            };
            let same = |headers, result| {
                check(&Case {
                    peer,
                    target: path,
                    headers,
                    open: from(result),
                    with_token: from(result),
                });
            };
            same(&[("host", "127.0.0.1:4577")], Ok(()));
            same(&[("host", "localhost")], Ok(()));
            same(&[("host", "[::1]:1")], Ok(()));
            same(&[("host", "example.com")], Err(AdminRefusal::ForeignHost));
            same(&[("host", "10.0.0.1:4577")], Err(AdminRefusal::ForeignHost));
            same(&[], Err(AdminRefusal::ForeignHost));
            same(
                &[("host", "localhost"), ("host", "localhost")],
                Err(AdminRefusal::ForeignHost),
            );
            same(
                &[("host", "localhost"), ("origin", "http://localhost:3000")],
                Ok(()),
            );
            same(
                &[("host", "localhost"), ("origin", "https://example.com")],
                Err(AdminRefusal::ForeignOrigin),
            );
            same(
                &[("host", "localhost"), ("origin", "null")],
                Err(AdminRefusal::ForeignOrigin),
            );
            // Without a bearer token it is as if there were no token.
            same(
                &[("host", "localhost"), ("authorization", "Basic eDp5")],
                Ok(()),
            );
            same(
                &[("host", "localhost"), ("authorization", "Bearer")],
                Ok(()),
            );

            check(&Case {
                peer,
                target: path,
                headers: &[("host", "example.com"), ("authorization", "Bearer s3cret")],
                open: from(Err(AdminRefusal::ForeignHost)),
                with_token: Ok(()),
            });
            check(&Case {
                peer,
                target: path,
                headers: &[("authorization", "bearer  s3cret ")],
                open: from(Err(AdminRefusal::ForeignHost)),
                with_token: Ok(()),
            });
            for wrong in [
                &[("host", "localhost"), ("authorization", "Bearer s3creT")],
                &[("host", "localhost"), ("authorization", "Bearer s3cret2")],
                &[("host", "localhost"), ("authorization", "Bearer s3c")],
                &[("host", "localhost"), ("authorization", "Bearer ")],
            ] {
                check(&Case {
                    peer,
                    target: path,
                    headers: wrong,
                    open: from(Ok(())),
                    with_token: Err(AdminRefusal::WrongToken),
                });
            }
        }
    }

    #[test]
    fn an_absolute_target_counts_as_host() {
        for (target, host, expected) in [
            ("http://localhost/_pipetape/health", "example.com", Ok(())),
            (
                "http://example.com/_pipetape/health",
                "localhost",
                Err(AdminRefusal::ForeignHost),
            ),
        ] {
            let headers: &'static [_] = if host == "localhost" {
                &[("host", "localhost")]
            } else {
                &[("host", "example.com")]
            };
            check(&Case {
                peer: LOCAL,
                target,
                headers,
                open: expected,
                with_token: expected,
            });
        }
    }

    #[test]
    fn a_token_is_not_shown_and_not_empty() {
        let token = AdminToken::new("s3cret".to_owned()).unwrap();
        let shown = format!("{:?} {:?}", token, AdminGuard::new(Some(token.clone())));
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!(AdminToken::new(String::new()).err(), Some(EmptyToken));
    }
}
