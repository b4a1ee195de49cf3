//! What HTTP runs over: a socket, or TLS on one.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::connection::early::Early;

/// A stream of bytes that ends in a socket of ours.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + Send {
    /// The socket at the bottom.
    fn socket(&mut self) -> &mut TcpStream;
}

impl Transport for TcpStream {
    fn socket(&mut self) -> &mut TcpStream {
        self
    }
}

impl Transport for TlsStream<Early> {
    fn socket(&mut self) -> &mut TcpStream {
        self.get_mut().0.socket()
    }
}
