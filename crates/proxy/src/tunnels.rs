//! `--tunnel`: hosts that clients may reach through a recorder, unread and unrecorded.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use pipetape_serve::intercept::{ConnectTarget, TunnelError, Tunnels};
use tokio::net::TcpStream;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tracing::info;

use crate::addresses::leads_to;
use crate::tally::Tally;
use crate::upstream::Dial;

/// A host, an IP address, `*.DOMAIN` for every name below a domain (not the domain itself), or `*` for any host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TunnelHost(Pattern);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// Any host.
    Any,
    /// Names that end so; it begins with a dot.
    Below(String),
    /// This name or address.
    Exactly(String),
}

/// The text is not a valid host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a host such as example.com, *.example.com, 10.0.0.1 or *: a port, a scheme or a path has no place here"
)]
pub struct TunnelHostError;

impl TunnelHost {
    /// Whether it allows a tunnel there, on whatever port.
    pub fn allows(&self, target: &ConnectTarget) -> bool {
        match &self.0 {
            Pattern::Any => true,
            Pattern::Below(suffix) => target.host().ends_with(suffix.as_str()),
            Pattern::Exactly(host) => target.host() == host,
        }
    }
}

impl FromStr for TunnelHost {
    type Err = TunnelHostError;

    fn from_str(text: &str) -> Result<Self, TunnelHostError> {
        if text == "*" {
            return Ok(TunnelHost(Pattern::Any));
        }
        if let Some(address) = address(text) {
            return Ok(TunnelHost(Pattern::Exactly(
                address.to_canonical().to_string(),
            )));
        }
        let (is_below, name) = match text.strip_prefix("*.") {
            Some(domain) => (true, domain),
            None => (false, text),
        };
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let is_label = |label: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !label.is_empty() && label.bytes().all(plain)
        };
        if !name.split('.').all(is_label) {
            return Err(TunnelHostError);
        }
        Ok(TunnelHost(if is_below {
            Pattern::Below(format!(".{name}"))
        } else {
            Pattern::Exactly(name)
        }))
    }
}

fn address(text: &str) -> Option<IpAddr> {
    let bracketed = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    match bracketed {
        Some(inside) => inside.parse::<Ipv6Addr>().ok().map(IpAddr::from),
        None => text.parse().ok(),
    }
}

/// Connects to the hosts that `--tunnel` names, the way upstream is connected to, and to no other.
#[derive(Debug)]
pub(crate) struct NamedTunnels {
    pub(crate) hosts: Vec<TunnelHost>,
    pub(crate) dial: Dial,
    /// Our own address: no tunnel leads there.
    pub(crate) listen: SocketAddr,
    /// How long connecting may take, a proxy's part included.
    pub(crate) timeout: Duration,
    pub(crate) tally: Arc<Tally>,
}

/// Nobody answered in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer in {0:?}")]
struct TooLate(Duration, #[source] Elapsed);

impl Tunnels for NamedTunnels {
    async fn open(&self, target: &ConnectTarget) -> Result<TcpStream, TunnelError> {
        if !self.hosts.iter().any(|host| host.allows(target)) {
            return Err(TunnelError::NotPermitted);
        }
        if leads_to(target.host(), target.port(), self.listen) {
            return Err(TunnelError::Ourselves);
        }
        let uri = Uri::builder()
            .scheme("https")
            .authority(target.to_string())
            .path_and_query("/")
            .build()
            .map_err(|error| TunnelError::Unreachable(error.into()))?;
        let dialled = timeout(self.timeout, self.dial.connect(uri)).await;
        let stream = dialled
            .map_err(|late| TunnelError::Unreachable(TooLate(self.timeout, late).into()))?
            .map_err(|error| TunnelError::Unreachable(error.into()))?;
        // A name may lead anywhere, also to us.
        let peer = stream.peer_addr();
        if peer.is_ok_and(|peer| self.is_us(peer, &stream)) {
            return Err(TunnelError::Ourselves);
        }
        info!(%target, "tunnel");
        Ok(stream)
    }

    fn refused(&self, reason: &'static str) {
        self.tally.refused(reason);
    }
}

impl NamedTunnels {
    /// Whether the other end is us: by our address, or by our port on an address that both ends have.
    fn is_us(&self, peer: SocketAddr, stream: &TcpStream) -> bool {
        let same_machine = stream
            .local_addr()
            .is_ok_and(|local| local.ip() == peer.ip());
        let takes_all = self.listen.ip().is_unspecified() && same_machine;
        leads_to(&peer.ip().to_string(), peer.port(), self.listen)
            || (takes_all && peer.port() == self.listen.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_allowed_by_name_by_domain_and_by_address() {
        for (pattern, target, expected) in [
            ("example.com", "example.com:443", true),
            ("Example.COM.", "EXAMPLE.com.:8443", true),
            ("example.com", "www.example.com:443", false),
            ("example.com", "example.com.evil.test:443", false),
            ("*.example.com", "www.example.com:443", true),
            ("*.example.com", "a.b.example.com:443", true),
            ("*.example.com", "example.com:443", false),
            ("*.example.com", "evilexample.com:443", false),
            ("*", "10.0.0.1:22", true),
            ("10.0.0.1", "10.0.0.1:443", true),
            ("10.0.0.1", "10.0.0.10:443", false),
            ("::1", "[::1]:443", true),
            ("[2001:DB8::1]", "[2001:db8:0::1]:443", true),
        ] {
            let host: TunnelHost = pattern.parse().unwrap();
            let target = ConnectTarget::parse(target).unwrap();
            assert_eq!(host.allows(&target), expected, "{pattern} {target}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            ".",
            "*.",
            "**",
            "a.*.com",
            "*example.com",
            "example.com:443",
            "https://example.com",
            "example.com/",
            "a..b",
            "user@example.com",
            "[10.0.0.1]",
        ] {
            assert_eq!(
                text.parse::<TunnelHost>().unwrap_err(),
                TunnelHostError,
                "{text}"
            );
        }
    }
}
