//! How an authority is stored: its directory and who may use it, and the text of its file.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use pem::{EncodeConfig, LineEnding, Pem, encode_config};
use pipetape_files::{FileLock, LockError, WholeFile};
use rcgen::{Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustix::process::geteuid;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::parse_x509_certificate;

use super::certificates::{NewAuthority, has_our_constraints};
use super::error::{AuthorityDamage, AuthorityError};

/// The root certificate, for clients to trust.
pub(super) const ROOT: &str = "pipetape-ca.pem";
/// The intermediate's key and both certificates.
const AUTHORITY: &str = "pipetape-ca.key";
const LOCK: &str = "pipetape-ca.lock";

/// In bytes; ten times the size of an authority.
const LARGEST: u64 = 64 * 1024;

/// A directory that no other process uses until this is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// `None` if nothing can be written here, so that nothing changes either.
    _lock: Option<FileLock>,
}

impl Directory {
    /// Makes the directory if it is missing, checks its owner and mode, and locks it.
    pub(super) fn enter(path: &Path) -> Result<Directory, AuthorityError> {
        let failed = |action| move |source| io_error(action, path, source);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(failed("make the directory"))?;
        let metadata = fs::metadata(path).map_err(failed("look at"))?;
        check_owner(path, metadata.uid())?;
        let mode = metadata.mode() & 0o777;
        if mode & 0o022 != 0 {
            return Err(AuthorityError::Writable {
                path: path.to_owned(),
                mode,
            });
        }
        Ok(Directory {
            path: path.to_owned(),
            _lock: lock(path)?,
        })
    }

    pub(super) fn root_file(&self) -> PathBuf {
        self.path.join(ROOT)
    }

    pub(super) fn authority_file(&self) -> PathBuf {
        self.path.join(AUTHORITY)
    }

    /// The authority's text, if there is one. It is an error if other users can have read it.
    pub(super) fn authority(&self) -> Result<Option<Vec<u8>>, AuthorityError> {
        let path = self.authority_file();
        let Some(file) = open(&path)? else {
            return Ok(None);
        };
        let metadata = file
            .metadata()
            .map_err(|source| io_error("look at", &path, source))?;
        check_owner(&path, metadata.uid())?;
        let mode = metadata.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(AuthorityError::Exposed { path, mode });
        }
        read(file, &path).map(Some)
    }

    /// The root's text, if there is one.
    pub(super) fn root(&self) -> Result<Option<Vec<u8>>, AuthorityError> {
        let path = self.root_file();
        let Some(file) = open(&path)? else {
            return Ok(None);
        };
        read(file, &path).map(Some)
    }

    /// Writes a new authority, which replaces the former one if there is one.
    ///
    /// At any interruption there is one authority, the old or the new, and no root of another.
    pub(super) fn replace(&self, authority: &str, root: &str) -> Result<(), AuthorityError> {
        let former = self.root_file();
        match fs::remove_file(&former) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove", &former, source));
            }
            _ => {}
        }
        self.write(&self.authority_file(), 0o600, authority)?;
        self.write_root(root)
    }

    pub(super) fn write_root(&self, root: &str) -> Result<(), AuthorityError> {
        self.write(&self.root_file(), 0o644, root)
    }

    fn write(&self, path: &Path, mode: u32, text: &str) -> Result<(), AuthorityError> {
        WholeFile::at(path)
            .mode(mode)
            .write(|out| out.write_all(text.as_bytes()))
            .map_err(|source| io_error("write", path, source))
    }
}

/// Waits for the lock on a directory; `None` if the directory is read-only.
fn lock(directory: &Path) -> Result<Option<FileLock>, AuthorityError> {
    let path = directory.join(LOCK);
    match FileLock::take(&path, "", |_holder| true) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Open(error)) if is_read_only(&error) => Ok(None),
        Err(LockError::Open(source)) => Err(io_error("open", &path, source)),
        Err(LockError::Lock(source)) => Err(io_error("lock", &path, source)),
        Err(LockError::Held { .. }) => Err(AuthorityError::Busy {
            path: directory.to_owned(),
        }),
    }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied
    )
}

/// Opens a file, if there is one. Does not wait if it is a pipe.
fn open(path: &Path) -> Result<Option<File>, AuthorityError> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    match options.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(io_error("open", path, source)),
    }
}

fn read(file: File, path: &Path) -> Result<Vec<u8>, AuthorityError> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| io_error("read", path, source))?;
    if bytes.len() as u64 > LARGEST {
        return Err(AuthorityError::Damaged {
            path: path.to_owned(),
            reason: AuthorityDamage::TooLarge,
        });
    }
    Ok(bytes)
}

/// What belongs to this user or to root was not put there by another user.
fn check_owner(path: &Path, owner: u32) -> Result<(), AuthorityError> {
    if owner == geteuid().as_raw() || owner == 0 {
        return Ok(());
    }
    Err(AuthorityError::Foreign {
        path: path.to_owned(),
    })
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> AuthorityError {
    AuthorityError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

/// An authority that was read and checked.
pub(super) struct StoredAuthority {
    pub(super) issuer: Issuer<'static, KeyPair>,
    pub(super) intermediate: CertificateDer<'static>,
    pub(super) root: CertificateDer<'static>,
    /// The root's subject.
    pub(super) subject: String,
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
}

/// The text that [`StoredAuthority::parse`] reads.
pub(super) fn text_of(authority: &NewAuthority) -> String {
    [
        authority.key.serialize_pem(),
        authority.intermediate.pem(),
        authority.root.pem(),
    ]
    .concat()
}

impl StoredAuthority {
    /// Reads the file's text and checks that everything in it belongs together.
    pub(super) fn parse(text: &[u8]) -> Result<Self, AuthorityDamage> {
        let key = only(PrivatePkcs8KeyDer::pem_slice_iter(text))?;
        let [intermediate, root] = CertificateDer::pem_slice_iter(text)
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .and_then(|all| <[_; 2]>::try_from(all).ok())
            .ok_or(AuthorityDamage::Malformed)?;
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)
            .map_err(|_| AuthorityDamage::Malformed)?;
        let parsed_root = parsed(&root)?;
        let (not_before, not_after) = check(&key, &parsed(&intermediate)?, &parsed_root)?;
        let subject = parsed_root.subject().to_string();
        let issuer =
            Issuer::from_ca_cert_der(&intermediate, key).map_err(|_| AuthorityDamage::Malformed)?;
        Ok(Self {
            issuer,
            intermediate,
            root,
            subject,
            not_before,
            not_after,
        })
    }

    /// The root in PEM: the end of [`text_of`].
    pub(super) fn root_pem(&self) -> String {
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        encode_config(&Pem::new("CERTIFICATE", self.root.as_ref()), config)
    }
}

/// Checks that the parts belong together; returns when their validity begins and ends.
fn check(
    key: &KeyPair,
    intermediate: &X509Certificate<'_>,
    root: &X509Certificate<'_>,
) -> Result<(OffsetDateTime, OffsetDateTime), AuthorityDamage> {
    if intermediate.public_key().subject_public_key.data != key.public_key_raw() {
        return Err(AuthorityDamage::KeyMismatch);
    }
    let signed = root.verify_signature(None).is_ok()
        && intermediate
            .verify_signature(Some(root.public_key()))
            .is_ok()
        && intermediate.issuer() == root.subject()
        && root.is_ca()
        && intermediate.is_ca();
    if !signed {
        return Err(AuthorityDamage::BrokenChain);
    }
    if !has_our_constraints(intermediate) {
        return Err(AuthorityDamage::OtherNames);
    }
    let validity = [intermediate.validity(), root.validity()];
    let bounds = validity.map(|v| (v.not_before.to_datetime(), v.not_after.to_datetime()));
    let [(a_begins, a_ends), (b_begins, b_ends)] = bounds;
    Ok((a_begins.max(b_begins), a_ends.min(b_ends)))
}

/// The item, if there is exactly one.
fn only<T, E>(mut items: impl Iterator<Item = Result<T, E>>) -> Result<T, AuthorityDamage> {
    match (items.next(), items.next()) {
        (Some(Ok(item)), None) => Ok(item),
        _ => Err(AuthorityDamage::Malformed),
    }
}

fn parsed<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, AuthorityDamage> {
    match parse_x509_certificate(certificate) {
        Ok(([], parsed)) => Ok(parsed),
        _ => Err(AuthorityDamage::Malformed),
    }
}
