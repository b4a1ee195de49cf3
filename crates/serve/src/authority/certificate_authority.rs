//! The authority as a whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

use super::certificates::new_authority;
use super::constraints::permitted_names;
use super::directory::Directory;
use super::error::{AuthorityError, Damage};
use super::facts::AuthorityFacts;
use super::leaves::Leaves;
use super::stored::{Stored, text_of};

/// An authority with less than this left is renewed: what starts today should not end with it tomorrow.
const RENEWED_BEFORE_END: Duration = Duration::days(7);

/// A certificate authority that is ready to play the CodePipeline hosts.
#[derive(Debug)]
pub struct CertificateAuthority {
    facts: AuthorityFacts,
    origin: Origin,
    root: CertificateDer<'static>,
    root_pem: String,
    server_config: Arc<ServerConfig>,
}

/// How an authority came to be in its directory. A new one has to be trusted by clients anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was there.
    Found,
    /// There was none.
    Created,
    /// The former one had expired, or was about to.
    Expired,
    /// The user asked for another.
    Renewed,
}

impl CertificateAuthority {
    /// Opens the authority in a directory. Makes the directory (mode 0700) and the authority where there is
    /// none, and another authority where that one has expired or has less than a week left: see
    /// [`origin`](Self::origin).
    ///
    /// Processes that start at once end up with the same authority. Blocks for milliseconds, or for some
    /// seconds where another process holds the directory.
    ///
    /// # Errors
    ///
    /// The directory can't be read or written, others can read the key or change the directory, or a file in
    /// it is damaged or not ours. Nothing is changed then.
    pub fn open_or_create(directory: &Path) -> Result<CertificateAuthority, AuthorityError> {
        CertificateAuthority::open_at(directory, OffsetDateTime::now_utc())
    }

    /// Makes a new authority in the place of any that there is, whatever its state. Clients that trust the
    /// former root have to be given the new one.
    ///
    /// # Errors
    ///
    /// The directory can't be written, or others can change it.
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
                Some(_) => Err(damaged(directory.root_file(), Damage::Orphan)),
            };
        };
        let stored =
            Stored::parse(&text).map_err(|reason| damaged(directory.authority_file(), reason))?;
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
            Some(_) => return Err(damaged(directory.root_file(), Damage::OtherRoot)),
            // The process that made the authority was interrupted.
            None => directory.write_root(&root_pem)?,
        }
        ready(&directory, stored, Origin::Found)
    }

    /// The TLS configuration of a server that plays the CodePipeline hosts: a certificate for each of their
    /// names that a client asks for by SNI, none for others or without SNI. TLS 1.2 and 1.3, `http/1.1` alone.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server_config)
    }

    /// The root certificate, for clients to trust.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The same in DER.
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// The file that holds [`root_pem`](Self::root_pem).
    pub fn root_file(&self) -> &Path {
        &self.facts.root_file
    }

    /// What the authority is and permits.
    pub fn facts(&self) -> &AuthorityFacts {
        &self.facts
    }

    /// Whether it was there, or is new.
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
    let stored = Stored::parse(text.as_bytes())
        .map_err(|reason| damaged(directory.authority_file(), reason))?;
    ready(directory, stored, origin)
}

fn ready(
    directory: &Directory,
    stored: Stored,
    origin: Origin,
) -> Result<CertificateAuthority, AuthorityError> {
    let facts = AuthorityFacts {
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
        facts,
        origin,
        root: stored.root,
        root_pem,
        server_config: Arc::new(server_config),
    })
}

fn damaged(path: PathBuf, reason: Damage) -> AuthorityError {
    AuthorityError::Damaged { path, reason }
}
