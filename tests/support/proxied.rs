//! Clients that come through an HTTPS proxy, byte by byte.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::client::connect;
use super::message::{Message, Side, Wire};

/// The endpoint that SDKs know for us-east-1.
pub(crate) const HOST: &str = "codepipeline.us-east-1.amazonaws.com";

/// What a proxy answers to `CONNECT TARGET`, and the connection.
pub(crate) fn ask_for(proxy: SocketAddr, target: &str) -> (Message, TcpStream) {
    let mut stream = connect(proxy).expect("a connection to the proxy");
    write!(
        stream,
        "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"
    )
    .expect("a CONNECT");
    // As with a request, there is no body without a length.
    let answer = Wire::new(&stream)
        .message(Side::Request)
        .expect("an answer");
    (answer.expect("an answer"), stream)
}

/// One request to `name`, within a connection to it that a proxy was asked for, and the answer.
pub(crate) fn ask_inside(proxy: SocketAddr, name: &str, root: &str, request: &[u8]) -> Message {
    let (answer, stream) = ask_for(proxy, &format!("{name}:443"));
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let mut stream = shake(stream, name, root);
    stream.write_all(request).expect("a request");
    let answer = Wire::new(stream).message(Side::Response);
    answer.expect("an answer").expect("an answer")
}

/// TLS on a connection, as a client that trusts one root (PEM) and offers HTTP/2 before HTTP/1.1.
fn shake(stream: TcpStream, name: &str, root: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(root.as_bytes()).expect("PEM");
    roots.add(root).expect("a root");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let session = ClientConnection::new(Arc::new(config), name).expect("a session");
    let mut stream = StreamOwned::new(session, stream);
    while stream.conn.is_handshaking() {
        stream
            .conn
            .complete_io(&mut stream.sock)
            .expect("a handshake");
    }
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    stream
}
