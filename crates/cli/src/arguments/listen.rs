//! `--listen`.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use thiserror::Error;

/// An address and port to listen on. `localhost` is taken for 127.0.0.1; no other name is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListenAddress(pub(crate) SocketAddr);

/// A text that is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an address with a port, such as 127.0.0.1:4577 or [::1]:0")]
pub(crate) struct NotAnAddress;

impl FromStr for ListenAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let address = match text.strip_prefix("localhost:") {
            Some(port) => port
                .parse()
                .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
                .map_err(|_| NotAnAddress),
            None => text.parse().map_err(|_| NotAnAddress),
        };
        address.map(ListenAddress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_port() {
        for (text, address) in [
            ("127.0.0.1:0", Ok("127.0.0.1:0")),
            ("localhost:80", Ok("127.0.0.1:80")),
            ("[::1]:4577", Ok("[::1]:4577")),
            ("127.0.0.1", Err(NotAnAddress)),
            ("localhost:", Err(NotAnAddress)),
            ("example.com:80", Err(NotAnAddress)),
            ("", Err(NotAnAddress)),
        ] {
            let expected = address.map(|address| ListenAddress(address.parse().unwrap()));
            assert_eq!(text.parse(), expected, "{text}");
        }
    }
}
