//! Where live traffic goes.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};
use pipetape_core::Region;
use pipetape_serve::host::names_loopback;

use crate::addresses::leads_to;

/// Where to forward to: `https://HOST[:PORT]`, or `http://` on loopback. No path, no query, no user.
///
/// ```
/// use pipetape_proxy::UpstreamUrl;
///
/// let url: UpstreamUrl = "http://localhost:4566/".parse()?;
/// assert_eq!(url.to_string(), "http://localhost:4566");
/// assert!("http://codepipeline.us-east-1.amazonaws.com".parse::<UpstreamUrl>().is_err());
/// # Ok::<(), pipetape_proxy::UpstreamUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamUrl {
    scheme: Scheme,
    authority: Authority,
}

/// Why a URL can't be an upstream. The URL is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamUrlError {
    /// Not of the form `SCHEME://HOST`.
    #[error("upstream is not a URL of the form https://HOST[:PORT]")]
    Malformed,
    /// Neither `https` nor `http`.
    #[error("upstream has a scheme other than https and http")]
    Scheme,
    /// Plain HTTP to another machine would send signed requests and secrets in clear.
    #[error("upstream over plain http is not on this machine: use https, or a loopback host")]
    PlainHttp,
    /// A user or a password.
    #[error("upstream has user information: leave out what is before the @")]
    UserInformation,
    /// The port is not a number from 1 to 65535.
    #[error("upstream has a port that is not a number from 1 to 65535")]
    Port,
    /// More than a scheme, a host and a port.
    #[error("upstream has a path, a query or a fragment: leave out what follows host and port")]
    Path,
}

impl UpstreamUrl {
    /// The region's ordinary endpoint.
    pub(crate) fn of_region(region: &Region) -> Result<UpstreamUrl, UpstreamUrlError> {
        UpstreamUrl::of_host(&region.codepipeline_host())
    }

    /// A host, over TLS on its own port.
    pub(crate) fn of_host(host: &str) -> Result<UpstreamUrl, UpstreamUrlError> {
        let authority = Authority::try_from(host).map_err(|_| UpstreamUrlError::Malformed)?;
        Ok(UpstreamUrl {
            scheme: Scheme::HTTPS,
            authority,
        })
    }

    /// The URL with a path of its own.
    pub(crate) fn with_path(&self, path: PathAndQuery) -> Result<Uri, http::Error> {
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
    }

    /// The value of `Host`.
    pub(crate) fn host_header(&self) -> Result<HeaderValue, http::Error> {
        Ok(HeaderValue::from_str(self.authority.as_str())?)
    }

    /// Whether traffic goes over TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Whether it is the address that we listen on ourselves.
    pub(crate) fn is(&self, listen: SocketAddr) -> bool {
        let default = if self.is_tls() { 443 } else { 80 };
        let port = self.authority.port_u16().unwrap_or(default);
        leads_to(self.authority.host(), port, listen)
    }
}

impl fmt::Display for UpstreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

impl FromStr for UpstreamUrl {
    type Err = UpstreamUrlError;

    fn from_str(text: &str) -> Result<Self, UpstreamUrlError> {
        use UpstreamUrlError as E;
        let (scheme, rest) = text.split_once("://").ok_or(E::Malformed)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => Scheme::HTTPS,
            "http" => Scheme::HTTP,
            _ => return Err(E::Scheme),
        };
        let (authority, beyond) = match rest.find(['/', '?', '#']) {
            Some(end) => rest.split_at(end),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err(E::UserInformation);
        }
        if !matches!(beyond, "" | "/") {
            return Err(E::Path);
        }
        let (_, port) = split_port(authority);
        if let Some(port) = port {
            let digits = port.bytes().all(|byte| byte.is_ascii_digit());
            if !digits || !port.parse::<u16>().is_ok_and(|port| port > 0) {
                return Err(E::Port);
            }
        }
        let authority = Authority::from_str(authority).map_err(|_| E::Malformed)?;
        if authority.host().is_empty() {
            return Err(E::Malformed);
        }
        if scheme == Scheme::HTTP && !names_loopback(authority.as_str()) {
            return Err(E::PlainHttp);
        }
        Ok(UpstreamUrl { scheme, authority })
    }
}

/// Host and port; colons within brackets belong to an IPv6 address.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    match authority[after_host..].rfind(':') {
        Some(colon) => {
            let colon = after_host + colon;
            (&authority[..colon], Some(&authority[colon + 1..]))
        }
        None => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_or_refused() {
        fn check(url: &str, expected: Result<&str, UpstreamUrlError>) {
            let parsed = url.parse::<UpstreamUrl>().map(|url| url.to_string());
            assert_eq!(parsed, expected.map(str::to_owned), "{url}");
        }
        use UpstreamUrlError as E;
        check("https://example.com", Ok("https://example.com"));
        check("HTTPS://Example.com/", Ok("https://Example.com"));
        check("https://example.com:8443", Ok("https://example.com:8443"));
        check(
            "https://[2001:db8::1]:8443",
            Ok("https://[2001:db8::1]:8443"),
        );
        check("http://127.0.0.1:4566", Ok("http://127.0.0.1:4566"));
        check("http://localhost", Ok("http://localhost"));
        check("http://[::1]:80/", Ok("http://[::1]:80"));
        check("http://example.com", Err(E::PlainHttp));
        check("http://10.0.0.1:4566", Err(E::PlainHttp));
        check("http://localhost.example.com", Err(E::PlainHttp));
        check("http://127.0.0.1@example.com", Err(E::UserInformation));
        check("https://user:pass@example.com", Err(E::UserInformation));
        check("https://example.com/path", Err(E::Path));
        check("https://example.com//", Err(E::Path));
        check("https://example.com?x=1", Err(E::Path));
        check("https://example.com/?x", Err(E::Path));
        check("https://example.com#x", Err(E::Path));
        check("https://example.com:0", Err(E::Port));
        check("https://example.com:65536", Err(E::Port));
        check("https://example.com:+80", Err(E::Port));
        check("https://example.com:", Err(E::Port));
        check("https://", Err(E::Malformed));
        check("https:///", Err(E::Malformed));
        check("https://:443", Err(E::Malformed));
        check("https://exa mple.com", Err(E::Malformed));
        check("https://[::1", Err(E::Malformed));
        check("example.com", Err(E::Malformed));
        check("", Err(E::Malformed));
        check("ftp://example.com", Err(E::Scheme));
        check("unix:///run/socket", Err(E::Scheme));
    }

    #[test]
    fn our_own_address_is_recognised() {
        let listen = "127.0.0.1:4577".parse().unwrap();
        for (url, expected) in [
            ("http://127.0.0.1:4577", true),
            ("http://localhost:4577", true),
            ("https://LOCALHOST:4577", true),
            ("http://127.0.0.1:4578", false),
            ("http://127.0.0.1", false),
            ("https://example.com:4577", false),
        ] {
            let parsed: UpstreamUrl = url.parse().unwrap();
            assert_eq!(parsed.is(listen), expected, "{url}");
        }
        let https: UpstreamUrl = "https://127.0.0.1".parse().unwrap();
        assert!(https.is("127.0.0.1:443".parse().unwrap()));
    }
}
