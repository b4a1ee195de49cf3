//! Whether a connection would end at pipetape itself.

use std::net::{IpAddr, SocketAddr};

/// Whether connecting to `host` (a name or an address, IPv6 in brackets or not) at `port` reaches what
/// listens on `listen`.
///
/// Names other than `localhost` are not resolved.
pub(crate) fn is(host: &str, port: u16, listen: SocketAddr) -> bool {
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
    fn addresses() {
        fn check(listen: &str, host: &str, port: u16, expected: bool) {
            let listen: SocketAddr = listen.parse().unwrap();
            assert_eq!(
                is(host, port, listen),
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
