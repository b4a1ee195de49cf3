//! A server that is an HTTPS proxy, and clients that come through it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use pipetape_serve::Limits;
use pipetape_serve::intercept::{ConnectTarget, TunnelError, Tunnels, WithInterception};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Client, soon};
use crate::server::{Scripted, Server};

pub(crate) const HOST: &str = "codepipeline.us-east-1.amazonaws.com";

/// TLS as [`HOST`], and what trusts it.
pub(crate) struct Certificates {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) client: Arc<ClientConfig>,
}

impl Certificates {
    pub(crate) fn new() -> Certificates {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        let leaf_key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
        let leaf = leaf.signed_by(&leaf_key, &issuer).unwrap();
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], private)
            .unwrap();
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        let mut roots = RootCertStore::empty();
        roots.add(root.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Certificates {
            server: Arc::new(server),
            client: Arc::new(client),
        }
    }
}

/// Tunnels to wherever `open.test` is said to be; and what was refused.
#[derive(Clone, Default)]
pub(crate) struct Doors {
    pub(crate) open: Option<SocketAddr>,
    pub(crate) refused: Arc<Mutex<Vec<&'static str>>>,
}

impl Tunnels for Doors {
    async fn open(&self, target: &ConnectTarget) -> Result<TcpStream, TunnelError> {
        match (target.host(), self.open) {
            ("open.test", Some(address)) => TcpStream::connect(address)
                .await
                .map_err(|error| TunnelError::Unreachable(error.into())),
            ("self.test", _) => Err(TunnelError::Ourselves),
            _ => Err(TunnelError::NotPermitted),
        }
    }

    fn refused(&self, reason: &'static str) {
        self.refused.lock().unwrap().push(reason);
    }
}

/// A server, and what its clients trust.
pub(crate) struct Proxy {
    pub(crate) server: Server,
    pub(crate) certificates: Certificates,
    pub(crate) doors: Doors,
}

impl Proxy {
    pub(crate) async fn start(limits: Limits) -> Proxy {
        Proxy::with(Scripted::default(), Doors::default(), limits).await
    }

    pub(crate) async fn with(service: Scripted, doors: Doors, limits: Limits) -> Proxy {
        let certificates = Certificates::new();
        let service = WithInterception::new(service, doors.clone())
            .intercepting(Arc::clone(&certificates.server));
        Proxy {
            server: Server::with(service, limits).await,
            certificates,
            doors,
        }
    }

    /// A connection on which `CONNECT` was answered with 200.
    pub(crate) async fn connected(&self, target: &str) -> TcpStream {
        let mut client = self.server.client().await;
        client
            .send(format!(
                "CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n"
            ))
            .await;
        assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\n\r\n");
        client.stream
    }

    /// A client of [`HOST`], behind the handshake.
    pub(crate) async fn client(&self) -> Client<TlsStream<TcpStream>> {
        let stream = self.connected(&format!("{HOST}:443")).await;
        Client::on(self.shake(stream, HOST).await.unwrap())
    }

    pub(crate) async fn shake(
        &self,
        stream: TcpStream,
        name: &'static str,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let connector = TlsConnector::from(Arc::clone(&self.certificates.client));
        soon(connector.connect(ServerName::try_from(name).unwrap(), stream)).await
    }
}
