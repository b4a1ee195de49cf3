//! Opening, making and renewing an authority.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

use super::certificates::{new_authority, permitted_names};
use super::error::{AuthorityDamage, AuthorityError};
use super::leaves::Leaves;
use super::stored::{Directory, StoredAuthority, text_of};

/// An authority that is valid for less than this is renewed: a session that starts today should not
/// end with it.
const RENEWED_BEFORE_END: Duration = Duration::days(7);

/// A certificate authority that is ready to give certificates for CodePipeline's hosts.
#[derive(Debug)]
pub struct CertificateAuthority {
    details: AuthorityDetails,
    origin: Origin,
    root: CertificateDer<'static>,
    root_pem: String,
    server_config: Arc<ServerConfig>,
}

/// What a user may want to know about an authority, or has to compare before trusting it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityDetails {
    /// The root's subject, such as `O=pipetape, CN=pipetape root 1f2e3d4c`.
    pub subject: String,
    /// SHA-256 of the root certificate.
    pub fingerprint: [u8; 32],
    /// When its validity begins.
    pub not_before: SystemTime,
    /// When its validity ends; the authority is renewed shortly before.
    pub not_after: SystemTime,
    /// The suffixes that host names in its certificates must have. All IP addresses are excluded.
    pub permitted_names: Vec<&'static str>,
    /// The file with the root certificate, in PEM.
    pub root_file: PathBuf,
    /// The file with the kept key.
    pub key_file: PathBuf,
}

/// How an authority came into its directory. Clients must be set up to trust a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was already there.
    Found,
    /// There was none.
    Created,
    /// The former one had expired, or was about to expire.
    Expired,
    /// The user asked for a new one.
    Renewed,
}

impl CertificateAuthority {
    /// Opens the authority in a directory. Makes the directory (mode 0700) and the authority if
    /// they are missing, and a new authority if that one has expired or is valid for less than a
    /// week: see [`origin`](Self::origin).
    ///
    /// Processes that start at the same time get the same authority. Blocks for milliseconds, or
    /// for some seconds if another process has locked the directory.
    ///
    /// # Errors
    ///
    /// The directory cannot be read or written, other users can read the key or change the
    /// directory, or a file in it is damaged or not pipetape's. Nothing is changed then.
    pub fn open_or_create(directory: &Path) -> Result<Self, AuthorityError> {
        Self::open_at(directory, OffsetDateTime::now_utc())
    }

    /// Replaces the authority, if there is one, by a new one, whatever its state. Clients that
    /// trust the former root have to be given the new one.
    ///
    /// # Errors
    ///
    /// The directory cannot be written, or other users can change it.
    pub fn renew(directory: &Path) -> Result<CertificateAuthority, AuthorityError> {
        let directory = Directory::enter(directory)?;
        create(&directory, OffsetDateTime::now_utc(), Origin::Renewed)
    }

    pub(super) fn open_at(
        directory: &Path,
        now: OffsetDateTime,
    ) -> Result<CertificateAuthority, AuthorityError> {
        let path = directory;
        let directory = Directory::enter(path)?;
        let root = directory.root()?;
        let Some(text) = directory.authority()? else {
            return match root {
                None => create(&directory, now, Origin::Created),
                Some(_) => Err(damaged(directory.root_file(), AuthorityDamage::Orphan)),
            };
        };
        let stored = StoredAuthority::parse(&text)
            .map_err(|reason| damaged(directory.authority_file(), reason))?;
        if now < stored.not_before {
            return Err(AuthorityError::NotYetValid {
                path: path.to_owned(),
            });
        }
        if now + RENEWED_BEFORE_END > stored.not_after {
            return create(&directory, now, Origin::Expired);
        }
        let root_pem = stored.root_pem();
        match root {
            Some(root) if root == root_pem.as_bytes() => {}
            Some(_) => return Err(damaged(directory.root_file(), AuthorityDamage::OtherRoot)),
            // The process that made the authority was interrupted.
            None => directory.write_root(&root_pem)?,
        }
        ready(&directory, stored, Origin::Found)
    }

    /// The TLS configuration of a server that plays CodePipeline's hosts: a certificate for each of
    /// their names that a client asks for by SNI, none for others or without SNI. TLS 1.2 and 1.3,
    /// only `http/1.1`.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server_config)
    }

    /// The root certificate in PEM, for clients to trust.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The root certificate in DER.
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// The file that holds [`root_pem`](Self::root_pem).
    pub fn root_file(&self) -> &Path {
        &self.details.root_file
    }

    /// What the authority is and permits.
    pub fn details(&self) -> &AuthorityDetails {
        &self.details
    }

    /// Whether it was already there, or is new.
    pub fn origin(&self) -> Origin {
        self.origin
    }
}

fn create(
    directory: &Directory,
    now: OffsetDateTime,
    origin: Origin,
) -> Result<CertificateAuthority, AuthorityError> {
    let authority = new_authority(now).map_err(AuthorityError::Certificate)?;
    let text = text_of(&authority);
    directory.replace(&text, &authority.root.pem())?;
    let stored = StoredAuthority::parse(text.as_bytes())
        .map_err(|reason| damaged(directory.authority_file(), reason))?;
    ready(directory, stored, origin)
}

fn ready(
    directory: &Directory,
    stored: StoredAuthority,
    origin: Origin,
) -> Result<CertificateAuthority, AuthorityError> {
    let details = AuthorityDetails {
        subject: stored.subject.clone(),
        fingerprint: Sha256::digest(&stored.root).into(),
        not_before: stored.not_before.into(),
        not_after: stored.not_after.into(),
        permitted_names: permitted_names(),
        root_file: directory.root_file(),
        key_file: directory.authority_file(),
    };
    let root_pem = stored.root_pem();
    let leaves = Leaves::new(stored.issuer, stored.intermediate, stored.not_after);
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut server_config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(AuthorityError::Tls)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(leaves));
    server_config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(CertificateAuthority {
        details,
        origin,
        root: stored.root,
        root_pem,
        server_config: Arc::new(server_config),
    })
}

fn damaged(path: PathBuf, reason: AuthorityDamage) -> AuthorityError {
    AuthorityError::Damaged { path, reason }
}
