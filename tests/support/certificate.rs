//! A certificate authority for one test, and a certificate for one host from it.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What an upstream over TLS needs, and what its client has to trust.
pub(crate) struct Authority {
    /// Configuration of a server of that name.
    pub(crate) server: Arc<ServerConfig>,
    /// The root in PEM, for `--upstream-ca`.
    pub(crate) root: String,
}

impl Authority {
    /// Makes a root, and a leaf for `localhost`.
    pub(crate) fn new() -> Self {
        Self::for_host("localhost")
    }

    /// Makes a root, and a leaf for `host`.
    pub(crate) fn for_host(host: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters of a root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a root");
        let issuer = Issuer::new(params, key);

        let leaf_key = KeyPair::generate().expect("a key");
        let leaf = CertificateParams::new(vec![host.to_owned()])
            .expect("parameters of a leaf")
            .signed_by(&leaf_key, &issuer)
            .expect("a leaf");
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let mut server =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("protocol versions")
                .with_no_client_auth()
                .with_single_cert(vec![leaf.der().clone()], private)
                .expect("a certificate and its key");
        // As the real service does: a client that would take HTTP/2 is offered it.
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self {
            server: Arc::new(server),
            root: root.pem(),
        }
    }
}
