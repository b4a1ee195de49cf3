//! TLS over real sockets: who gets a certificate, and what a client makes of it.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, ServerConnection,
    SupportedProtocolVersion, version,
};
use tempfile::TempDir;

use super::super::CertificateAuthority;

struct Server {
    _directory: TempDir,
    authority: CertificateAuthority,
}

/// What a client saw of a handshake.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    version: Option<ProtocolVersion>,
    protocol: Option<Vec<u8>>,
    chain: usize,
}

impl Server {
    fn new() -> Server {
        let directory = tempfile::tempdir().unwrap();
        let authority = CertificateAuthority::open_or_create(directory.path()).unwrap();
        Server {
            _directory: directory,
            authority,
        }
    }

    /// One connection to a server that uses the configuration and sends `hello`.
    fn connect(&self, name: &str, client: ClientConfig) -> io::Result<Seen> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let config = self.authority.server_config();
        let server: JoinHandle<io::Result<()>> = thread::spawn(move || {
            let (mut socket, _) = listener.accept()?;
            let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
            let mut stream = rustls::Stream::new(&mut tls, &mut socket);
            stream.write_all(b"hello")?;
            stream.conn.send_close_notify();
            stream.flush()
        });
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut tls = ClientConnection::new(Arc::new(client), name).unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        let mut text = String::new();
        let read = rustls::Stream::new(&mut tls, &mut socket).read_to_string(&mut text);
        drop(socket);
        let served = server.join().unwrap();
        read?;
        served.unwrap();
        assert_eq!(text, "hello");
        Ok(Seen {
            version: tls.protocol_version(),
            protocol: tls.alpn_protocol().map(<[u8]>::to_vec),
            chain: tls.peer_certificates().unwrap().len(),
        })
    }

    fn client(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.authority.root_pem().as_bytes());
        roots.add(root.unwrap()).unwrap();
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

#[test]
fn codepipeline_hosts_of_every_partition_are_played() {
    let server = Server::new();
    for name in [
        "codepipeline.eu-west-1.amazonaws.com",
        "CODEPIPELINE.eu-west-1.amazonaws.com",
        "codepipeline-fips.us-gov-west-1.amazonaws.com",
        "codepipeline.us-east-1.api.aws",
        "codepipeline.cn-north-1.amazonaws.com.cn",
        "codepipeline-fips.cn-northwest-1.api.amazonwebservices.com.cn",
        "codepipeline.us-iso-east-1.c2s.ic.gov",
        "codepipeline.us-isob-east-1.api.aws.scloud",
        "codepipeline.eusc-de-east-1.amazonaws.eu",
    ] {
        let seen = server.connect(name, server.client(&[&version::TLS13]));
        assert_eq!(seen.unwrap().chain, 2, "{name}");
    }
}

#[test]
fn old_and_new_tls_are_spoken_and_http_1_1_alone() {
    let server = Server::new();
    let name = "codepipeline.eu-west-1.amazonaws.com";
    for (spoken, expected) in [
        (&version::TLS12, ProtocolVersion::TLSv1_2),
        (&version::TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let mut client = server.client(&[spoken]);
        let seen = server.connect(name, client.clone()).unwrap();
        assert_eq!((seen.version, seen.protocol), (Some(expected), None));
        client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let seen = server.connect(name, client.clone()).unwrap();
        assert_eq!(seen.protocol.as_deref(), Some(&b"http/1.1"[..]));
        client.alpn_protocols = vec![b"h2".to_vec()];
        server.connect(name, client).unwrap_err();
    }
}

#[test]
fn nobody_else_gets_a_certificate() {
    let server = Server::new();
    for name in [
        "example.com",
        "localhost",
        "amazonaws.com",
        "s3.eu-west-1.amazonaws.com",
        "codepipeline.eu-west-1.amazonaws.com.evil.example",
        // No SNI is sent for an address.
        "127.0.0.1",
    ] {
        let client = server.client(&[&version::TLS13]);
        let error = server.connect(name, client).unwrap_err();
        assert!(error.to_string().contains("alert"), "{name}: {error}");
    }
    let mut client = server.client(&[&version::TLS13]);
    client.enable_sni = false;
    let name = "codepipeline.eu-west-1.amazonaws.com";
    server.connect(name, client).unwrap_err();
}

#[test]
fn whoever_does_not_trust_the_root_refuses() {
    let (server, other) = (Server::new(), Server::new());
    let name = "codepipeline.eu-west-1.amazonaws.com";
    let error = server
        .connect(name, other.client(&[&version::TLS13]))
        .unwrap_err();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}
