//! Where a connection goes: the addresses that `--resolve` gives, and whether it ends at pipetape
//! itself.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

/// `HOST:PORT:ADDR[,ADDR]…`: where connections to one host and port go. An `ADDR` is an IP address, with a port of its own
/// where that differs: `127.0.0.1`, `127.0.0.1:8443`, `[::1]`, `[::1]:8443`.
///
/// Only the address changes: certificates are checked against the host all the same.
///
/// ```
/// use pipetape_proxy::Resolve;
///
/// let resolve: Resolve = "codepipeline.us-east-1.amazonaws.com:443:127.0.0.1:8443".parse()?;
/// assert_eq!(resolve.addresses(), ["127.0.0.1:8443".parse().unwrap()]);
/// # Ok::<(), pipetape_proxy::ResolveError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolve {
    host: String,
    port: u16,
    addresses: Vec<SocketAddr>,
}

/// Why a text is no [`Resolve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There are not three parts.
    #[error("not of the form HOST:PORT:ADDR, such as example.com:443:127.0.0.1")]
    Malformed,
    /// The host is not a valid name.
    #[error("the host is not a valid name: use letters, digits, `-`, `_` and `.`")]
    Host,
    /// The port is not a valid one.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// An address is not a valid one.
    #[error(
        "the address is not valid; write one such as 127.0.0.1, 127.0.0.1:8443, [::1] or [::1]:8443"
    )]
    Address,
}

impl Resolve {
    /// Where connections go, in the order in which they are tried.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

impl FromStr for Resolve {
    type Err = ResolveError;

    fn from_str(text: &str) -> Result<Self, ResolveError> {
        let (host, rest) = text.split_once(':').ok_or(ResolveError::Malformed)?;
        let (port, addresses) = rest.split_once(':').ok_or(ResolveError::Malformed)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        let host = host.strip_suffix('.').unwrap_or(host);
        if host.is_empty() || !host.bytes().all(plain) {
            return Err(ResolveError::Host);
        }
        let port = port_of(port).ok_or(ResolveError::Port)?;
        let addresses = addresses
            .split(',')
            .map(|address| address_of(address, port).ok_or(ResolveError::Address))
            .collect::<Result<_, _>>()?;
        Ok(Resolve {
            host: host.to_ascii_lowercase(),
            port,
            addresses,
        })
    }
}

impl fmt::Display for Resolve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.host, self.port)?;
        for (index, address) in self.addresses.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{address}")?;
        }
        Ok(())
    }
}

fn port_of(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

/// An address, whose port is `port` unless it has its own.
fn address_of(text: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some((address, port).into());
    }
    if let Some(inside) = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        let address: Ipv6Addr = inside.parse().ok()?;
        return Some((address, port).into());
    }
    text.parse::<SocketAddr>()
        .ok()
        .filter(|address| address.port() > 0)
}

/// Every such answer of one recording; the first one for a host and port counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolver(Arc<[Resolve]>);

impl Resolver {
    pub(crate) fn new(all: Vec<Resolve>) -> Resolver {
        Resolver(all.into())
    }

    /// Where connections to a host and port go; `None` leaves that to DNS.
    pub(crate) fn addresses(&self, host: &str, port: u16) -> Option<&[SocketAddr]> {
        let host = host.strip_suffix('.').unwrap_or(host);
        let found = self
            .0
            .iter()
            .find(|one| one.port == port && one.host.eq_ignore_ascii_case(host))?;
        Some(&found.addresses)
    }

    /// Every address.
    pub(crate) fn all(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.0.iter().flat_map(|one| one.addresses.iter().copied())
    }
}

/// Whether connecting to `host` (a name or an address, IPv6 in brackets or not) at `port` reaches what
/// listens on `listen`.
///
/// Names other than `localhost` are not resolved.
pub(crate) fn leads_to(host: &str, port: u16, listen: SocketAddr) -> bool {
    if port != listen.port() {
        return false;
    }
    let ours = listen.ip().to_canonical();
    let local = ours.is_loopback() || ours.is_unspecified();
    if host.eq_ignore_ascii_case("localhost") {
        return local;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let Ok(address) = host.parse::<IpAddr>() else {
        return false;
    };
    let address = address.to_canonical();
    // Connecting to the unspecified address reaches loopback; listening on it takes every address.
    address == ours
        || (address.is_unspecified() && local)
        || (ours.is_unspecified() && address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_or_refused() {
        fn check(text: &str, expected: Result<&str, ResolveError>) {
            let parsed = text.parse::<Resolve>().map(|parsed| parsed.to_string());
            assert_eq!(parsed, expected.map(str::to_owned), "{text}");
        }
        use ResolveError as E;
        check("a.example:443:127.0.0.1", Ok("a.example:443:127.0.0.1:443"));
        check(
            "A.Example.:443:127.0.0.1:8443",
            Ok("a.example:443:127.0.0.1:8443"),
        );
        check("a:1:[::1]", Ok("a:1:[::1]:1"));
        check("a:1:[::1]:2", Ok("a:1:[::1]:2"));
        check("a:1:::1", Ok("a:1:[::1]:1"));
        check("a:1:10.0.0.1,[::1]:2", Ok("a:1:10.0.0.1:1,[::1]:2"));
        check("", Err(E::Malformed));
        check("a", Err(E::Malformed));
        check("a:443", Err(E::Malformed));
        check(":443:127.0.0.1", Err(E::Host));
        check("*:443:127.0.0.1", Err(E::Host));
        check("[::1]:443:127.0.0.1", Err(E::Host));
        check("a:0:127.0.0.1", Err(E::Port));
        check("a:+1:127.0.0.1", Err(E::Port));
        check("a:65536:127.0.0.1", Err(E::Port));
        check("a:443:", Err(E::Address));
        check("a:443:b", Err(E::Address));
        check("a:443:127.0.0.1,", Err(E::Address));
        check("a:443:127.0.0.1:0", Err(E::Address));
        check("a:443:[127.0.0.1]", Err(E::Address));
    }

    #[test]
    fn the_first_answer_for_a_host_and_port_counts() {
        let all = ["a.example:443:10.0.0.1", "a.example:443:10.0.0.2", "b:1:::"];
        let resolver = Resolver::new(all.iter().map(|text| text.parse().unwrap()).collect());
        let found = |host, port| resolver.addresses(host, port).map(|found| found[0]);
        assert_eq!(found("A.example.", 443), "10.0.0.1:443".parse().ok());
        assert_eq!(found("a.example", 80), None);
        assert_eq!(found("x.a.example", 443), None);
        assert_eq!(resolver.all().count(), 3);
    }

    #[test]
    fn addresses() {
        fn check(listen: &str, host: &str, port: u16, expected: bool) {
            let listen: SocketAddr = listen.parse().unwrap();
            assert_eq!(
                leads_to(host, port, listen),
                expected,
                "{host}:{port} at {listen}"
            );
        }
        check("127.0.0.1:80", "127.0.0.1", 80, true);
        check("127.0.0.1:80", "127.0.0.1", 81, false);
        check("127.0.0.1:80", "LocalHost", 80, true);
        check("127.0.0.1:80", "0.0.0.0", 80, true);
        check("127.0.0.1:80", "[::ffff:127.0.0.1]", 80, true);
        check("127.0.0.1:80", "127.0.0.2", 80, false);
        check("127.0.0.1:80", "169.254.169.254", 80, false);
        check("[::1]:80", "[::1]", 80, true);
        check("[::1]:80", "::1", 80, true);
        check("0.0.0.0:80", "127.0.0.1", 80, true);
        check("0.0.0.0:80", "localhost", 80, true);
        check("0.0.0.0:80", "sts.us-east-1.amazonaws.com", 80, false);
        check("10.0.0.1:80", "10.0.0.1", 80, true);
        check("10.0.0.1:80", "localhost", 80, false);
        check("10.0.0.1:80", "0.0.0.0", 80, false);
    }
}
