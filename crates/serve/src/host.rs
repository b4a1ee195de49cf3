//! Which host a client says that it talks to, and whether that is this machine.
//!
//! A page in a browser can send requests to a loopback server under a name of its own (DNS
//! rebinding). Only the `Host` header shows that, so everything that must be local checks it here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::header::HOST;
use http::{HeaderMap, Uri};

/// The authority a request is for: that of an absolute-form target, else the only `Host` header.
///
/// `None` if there is none, if there are several, or if it is not text.
pub fn of_request<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    if let Some(authority) = uri.authority() {
        return Some(authority.as_str());
    }
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    }
}

/// Whether an authority (`host` or `host:port`) names loopback: `localhost`, an address in
/// `127.0.0.0/8`, or `[::1]`, with any port.
pub fn names_loopback(authority: &str) -> bool {
    match parse(authority) {
        Some((HostName::Address(address), _)) => address.is_loopback(),
        Some((HostName::Domain(domain), _)) => domain.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Whether an authority names loopback, or the address a client connected to (`local`; a missing
/// port is 80).
pub fn names_server(authority: &str, local: SocketAddr) -> bool {
    names_loopback(authority)
        || match parse(authority) {
            Some((HostName::Address(address), port)) => {
                address == local.ip().to_canonical() && port.unwrap_or(80) == local.port()
            }
            _ => false,
        }
}

#[derive(Debug, PartialEq)]
pub(crate) enum HostName<'a> {
    Address(IpAddr),
    Domain(&'a str),
}

/// Splits an authority into host and port. `None` if there is anything else, such as user
/// information.
pub(crate) fn parse(authority: &str) -> Option<(HostName<'_>, Option<u16>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        let address: Ipv6Addr = inside.parse().ok()?;
        let port = match after.strip_prefix(':') {
            Some(port) => Some(parse_port(port)?),
            None if after.is_empty() => None,
            None => return None,
        };
        return Some((HostName::Address(IpAddr::V6(address).to_canonical()), port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(parse_port(port)?)),
        None => (authority, None),
    };
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some((HostName::Address(IpAddr::V4(address)), port));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (!host.is_empty() && host.bytes().all(plain)).then_some((HostName::Domain(host), port))
}

/// `str::parse` alone would take a leading `+`.
fn parse_port(text: &str) -> Option<u16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn loopback_names() {
        for (authority, expected) in [
            ("localhost", true),
            ("LocalHost:4577", true),
            ("127.0.0.1", true),
            ("127.0.0.1:1", true),
            ("127.255.255.254:65535", true),
            ("[::1]", true),
            ("[::1]:4577", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("", false),
            (":80", false),
            ("localhost.", false),
            ("localhost.example.com", false),
            ("127.0.0.1.example.com", false),
            ("127.1", false),
            ("0177.0.0.1", false),
            ("0.0.0.0:4577", false),
            ("10.0.0.1", false),
            ("::1", false),
            ("[::1", false),
            ("[::1]x", false),
            ("[::2]", false),
            ("localhost:+80", false),
            ("localhost:65536", false),
            ("user@localhost", false),
            ("localhost@example.com", false),
            ("localhost:80:80", false),
            ("localhost/", false),
            ("example.com:4577", false),
        ] {
            assert_eq!(names_loopback(authority), expected, "{authority:?}");
        }
    }

    #[test]
    fn server_names() {
        let local: SocketAddr = "10.1.2.3:4577".parse().unwrap();
        for (authority, expected) in [
            ("10.1.2.3:4577", true),
            ("10.1.2.3:4578", false),
            ("10.1.2.3", false),
            ("10.1.2.4:4577", false),
            ("127.0.0.1:4577", true),
            ("localhost", true),
            ("pipetape:4577", false),
        ] {
            assert_eq!(names_server(authority, local), expected, "{authority:?}");
        }
        assert!(names_server("10.1.2.3", "10.1.2.3:80".parse().unwrap()));
        assert!(names_server(
            "10.1.2.3:4577",
            "[::ffff:10.1.2.3]:4577".parse().unwrap()
        ));
        assert!(names_server(
            "[2001:db8::1]:4577",
            "[2001:db8::1]:4577".parse().unwrap()
        ));
    }

    #[test]
    fn absolute_form_counts_and_two_hosts_do_not() {
        let mut headers = HeaderMap::new();
        headers.append(HOST, HeaderValue::from_static("localhost:1"));
        assert_eq!(
            of_request(&Uri::from_static("/"), &headers),
            Some("localhost:1")
        );
        assert_eq!(
            of_request(&Uri::from_static("http://example.com/"), &headers),
            Some("example.com")
        );
        headers.append(HOST, HeaderValue::from_static("localhost:2"));
        assert_eq!(of_request(&Uri::from_static("/"), &headers), None);
        assert_eq!(of_request(&Uri::from_static("/"), &HeaderMap::new()), None);
    }
}
