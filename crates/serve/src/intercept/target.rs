//! The host and port that a client wants to be connected to.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::Uri;
use pipetape_core::is_codepipeline_host;

use crate::host::{HostName, parse};

/// The port of HTTPS, the only one on which CodePipeline answers.
const HTTPS: u16 = 443;
/// The longest name that DNS allows.
const LONGEST_NAME: usize = 253;

/// A host and a port, as `CONNECT` names them. The host is in lower case and has no final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectTarget {
    host: Arc<str>,
    port: u16,
}

impl ConnectTarget {
    /// Reads `HOST:PORT`; an IPv6 address is in brackets. `None` for anything else.
    pub fn parse(authority: &str) -> Option<Self> {
        let (name, port) = parse(authority)?;
        ConnectTarget::of(&name, port?)
    }

    /// What an absolute-form target in plain HTTP asks for, if that is a host of CodePipeline: some
    /// clients use the server like an ordinary HTTP proxy. CodePipeline itself answers only over
    /// TLS.
    pub(super) fn of_absolute(uri: &Uri) -> Option<Self> {
        let (name, port) = parse(uri.authority()?.as_str())?;
        if !matches!(port, None | Some(80 | HTTPS)) {
            return None;
        }
        ConnectTarget::of(&name, HTTPS).filter(ConnectTarget::is_codepipeline)
    }

    fn of(name: &HostName<'_>, port: u16) -> Option<Self> {
        let host = match name {
            HostName::Address(address) => address.to_string(),
            HostName::Domain(domain) => {
                let domain = domain.strip_suffix('.').unwrap_or(domain);
                if domain.is_empty() || domain.len() > LONGEST_NAME {
                    return None;
                }
                domain.to_ascii_lowercase()
            }
        };
        Some(Self {
            host: host.into(),
            port,
        })
    }

    /// The host's name, or its address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the host is one of CodePipeline's, on any port.
    pub(super) fn is_codepipeline(&self) -> bool {
        is_codepipeline_host(&self.host)
    }

    /// Whether it is the port of HTTPS.
    pub(super) fn is_https(&self) -> bool {
        self.port == HTTPS
    }

    /// Whether an authority names the same host and port; a missing port is that of HTTPS.
    pub(crate) fn is_named_by(&self, authority: &str) -> bool {
        let named = parse(authority)
            .and_then(|(name, port)| ConnectTarget::of(&name, port.unwrap_or(HTTPS)));
        named.as_ref() == Some(self)
    }
}

impl fmt::Display for ConnectTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.parse() {
            Ok(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_host_and_port() {
        for (text, expected) in [
            ("example.com:443", Some("example.com:443")),
            ("EXAMPLE.com.:8443", Some("example.com:8443")),
            ("10.0.0.1:22", Some("10.0.0.1:22")),
            ("[::1]:443", Some("[::1]:443")),
            ("[::FFFF:127.0.0.1]:443", Some("127.0.0.1:443")),
            ("example.com", None),
            ("example.com:", None),
            ("example.com:x", None),
            ("example.com:65536", None),
            ("user@example.com:443", None),
            ("exa mple.com:443", None),
            (".:443", None),
            (":443", None),
            ("", None),
        ] {
            let target = ConnectTarget::parse(text).map(|target| target.to_string());
            assert_eq!(target.as_deref(), expected, "{text:?}");
        }
        let long = format!("{}:443", "a".repeat(254));
        assert_eq!(ConnectTarget::parse(&long), None);
    }

    #[test]
    fn codepipeline_is_found_by_name_and_named_again_by_host() {
        for (text, expected) in [
            ("codepipeline.us-east-1.amazonaws.com:443", true),
            ("CodePipeline.us-east-1.amazonaws.com.:443", true),
            ("codepipeline-fips.us-gov-west-1.amazonaws.com:443", true),
            ("codepipeline.eu-west-1.api.aws:443", true),
            ("codepipeline.cn-north-1.amazonaws.com.cn:443", true),
            (
                "codepipeline.us-east-1.amazonaws.com.example.net:443",
                false,
            ),
            ("codepipeline.us-east-1.amazonaws.com..:443", false),
            ("s3.us-east-1.amazonaws.com:443", false),
            ("127.0.0.1:443", false),
        ] {
            let target = ConnectTarget::parse(text).unwrap();
            assert_eq!(target.is_codepipeline(), expected, "{text}");
        }
        let target = ConnectTarget::parse("codepipeline.us-east-1.amazonaws.com:443").unwrap();
        for (host, expected) in [
            ("codepipeline.us-east-1.amazonaws.com", true),
            ("codepipeline.us-east-1.amazonaws.com:443", true),
            ("CODEPIPELINE.us-east-1.amazonaws.com.", true),
            ("codepipeline.us-east-1.amazonaws.com:80", false),
            ("codepipeline.us-west-2.amazonaws.com", false),
            ("localhost", false),
            ("user@codepipeline.us-east-1.amazonaws.com", false),
            ("", false),
        ] {
            assert_eq!(target.is_named_by(host), expected, "{host}");
        }
    }

    #[test]
    fn absolute_targets_of_codepipeline_alone_are_taken() {
        for (uri, expected) in [
            ("http://codepipeline.us-east-1.amazonaws.com/", true),
            ("http://codepipeline.us-east-1.amazonaws.com:80/", true),
            ("https://codepipeline.us-east-1.amazonaws.com:443/", true),
            ("http://codepipeline.us-east-1.amazonaws.com:8080/", false),
            ("http://localhost:4577/", false),
            ("http://example.com/", false),
            ("/", false),
        ] {
            let target = ConnectTarget::of_absolute(&Uri::from_static(uri));
            assert_eq!(target.is_some(), expected, "{uri}");
            assert!(target.is_none_or(|target| target.port() == 443));
        }
    }
}
