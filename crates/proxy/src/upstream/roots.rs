//! Which certificates an upstream may show.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};
use tracing::warn;

/// The roots for TLS to upstream can't be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootsError {
    /// The file of further roots can't be read, or is not PEM.
    #[error("cannot read certificates from {} (--upstream-ca takes a PEM file)", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// The file holds no certificate.
    #[error("there is no certificate in {} (--upstream-ca takes a PEM file)", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A certificate in the file can't be a root.
    #[error("a certificate in {} cannot be a root", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// Neither the system nor a file gives one.
    #[error(
        "found no trusted root certificates on this system (install them, or set SSL_CERT_FILE or --upstream-ca)"
    )]
    None(#[source] Option<io::Error>),
    /// TLS can't be set up.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
}

/// Where roots come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust<'a> {
    /// TLS is not used: reading the system's roots would only take time.
    Nobody,
    /// The system's roots, and a file's.
    System(Option<&'a Path>),
}

/// TLS to upstream: certificates are always checked, and only HTTP/1.1 is spoken.
pub(super) fn tls(trust: Trust<'_>) -> Result<ClientConfig, RootsError> {
    let roots = match trust {
        Trust::Nobody => RootCertStore::empty(),
        Trust::System(file) => roots(file)?,
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(RootsError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, RootsError> {
    let mut store = RootCertStore::empty();
    if let Some(path) = file {
        add_file(&mut store, path)?;
    }
    let native = rustls_native_certs::load_native_certs();
    // Systems carry roots that no TLS library takes; those are passed over.
    store.add_parsable_certificates(native.certs);
    if let Some(error) = native.errors.first() {
        warn!(%error, "cannot read some of this system's root certificates");
    }
    if store.is_empty() {
        let first = native.errors.into_iter().next();
        return Err(RootsError::None(first.map(io::Error::other)));
    }
    Ok(store)
}

fn add_file(store: &mut RootCertStore, path: &Path) -> Result<(), RootsError> {
    let failed = |source| RootsError::File {
        path: path.to_owned(),
        source,
    };
    let before = store.len();
    for certificate in CertificateDer::pem_file_iter(path).map_err(failed)? {
        let certificate = certificate.map_err(failed)?;
        store
            .add(certificate)
            .map_err(|source| RootsError::Unusable {
                path: path.to_owned(),
                source,
            })?;
    }
    if store.len() == before {
        return Err(RootsError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(())
}
