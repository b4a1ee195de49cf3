//! Files with the certificates that a command trusts.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use pem::{EncodeConfig, LineEnding, Pem, encode_config};
use pipetape_serve::authority::CertificateAuthority;
use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};
use rustls_pki_types::CertificateDer;
use tempfile::TempDir;
use thiserror::Error;
use tracing::warn;

use super::java;
use crate::environment as names;
use crate::failure::CommandError;

/// Files of trusted certificates, for as long as this lives.
#[derive(Debug)]
pub(crate) struct TrustFiles {
    directory: TempDir,
}

/// The files can't be made.
#[derive(Debug, Error)]
pub(crate) enum TrustError {
    /// A file or directory of certificates that the user has set.
    #[error("cannot read certificates from {} ({variable})", path.display())]
    Unreadable {
        variable: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write the certificates for the command to trust")]
    Write(#[source] io::Error),
}

impl CommandError for TrustError {}

impl TrustFiles {
    /// Writes them, for an environment whose variables `value_of` gives. The certificates that
    /// these variables name stay trusted.
    pub(crate) fn write(
        authority: &CertificateAuthority,
        value_of: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, TrustError> {
        // Reads SSL_CERT_FILE and SSL_CERT_DIR, as the command would.
        let system = load_native_certs();
        if let Some(error) = system.errors.first() {
            warn!(%error, "cannot read some of this system's root certificates");
        } else if system.certs.is_empty() {
            warn!(
                "found no root certificates on this system: the command trusts CodePipeline's hosts alone"
            );
        }
        let mut bundle = system.certs;
        for variable in names::CA_BUNDLES {
            bundle.extend(of_the_user(variable, &value_of)?);
        }
        let bundle = with_ours(authority, bundle);
        let extra = of_the_user(names::NODE_EXTRA_CA_CERTS, &value_of)?;
        let files = [
            (BUNDLE, pem(&bundle).into_bytes()),
            (EXTRA, pem(&with_ours(authority, extra)).into_bytes()),
            (JAVA, java::key_store(&bundle)),
        ];
        write(&files).map_err(TrustError::Write)
    }

    /// The system's roots, the user's, and ours: for variables that replace what is trusted.
    pub(super) fn bundle(&self) -> PathBuf {
        self.directory.path().join(BUNDLE)
    }

    /// The same as a key store for JVMs.
    pub(super) fn java_key_store(&self) -> PathBuf {
        self.directory.path().join(JAVA)
    }

    /// Ours, and those that the user adds: for variables that add to what is trusted.
    pub(super) fn extra(&self) -> PathBuf {
        self.directory.path().join(EXTRA)
    }
}

const BUNDLE: &str = "bundle.pem";
const EXTRA: &str = "extra.pem";
const JAVA: &str = "bundle.jks";

fn of_the_user(
    variable: &'static str,
    value_of: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let Some(path) = value_of(variable).filter(|value| !value.is_empty()) else {
        return Ok(Vec::new());
    };
    let path = PathBuf::from(path);
    let CertificateResult { certs, errors, .. } = if path.is_dir() {
        load_certs_from_paths(None, Some(&path))
    } else {
        load_certs_from_paths(Some(&path), None)
    };
    match errors.into_iter().next() {
        Some(error) if certs.is_empty() => Err(TrustError::Unreadable {
            variable,
            path,
            source: io::Error::other(error),
        }),
        _ => Ok(certs),
    }
}

/// Our root, then the others without duplicates.
fn with_ours(
    authority: &CertificateAuthority,
    mut others: Vec<CertificateDer<'static>>,
) -> Vec<CertificateDer<'static>> {
    others.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
    others.dedup();
    others.insert(0, authority.root().clone());
    others
}

fn pem(certificates: &[CertificateDer<'_>]) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    certificates
        .iter()
        .map(|der| encode_config(&Pem::new("CERTIFICATE", der.as_ref()), config))
        .collect()
}

/// Everybody may read them: nothing in them is secret, and the command may run as another user.
fn write(files: &[(&str, Vec<u8>)]) -> io::Result<TrustFiles> {
    let directory = tempfile::Builder::new().prefix("pipetape-").tempdir()?;
    let allow = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::write(&path, text)?;
        allow(&path, 0o644)?;
    }
    allow(directory.path(), 0o755)?;
    Ok(TrustFiles { directory })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::MetadataExt as _;

    use pipetape_serve::authority::CertificateAuthority;

    use super::*;

    /// Another authority's root, as a file of the user's.
    fn other_root(directory: &Path) -> (PathBuf, String) {
        let authority = CertificateAuthority::open_or_create(directory).unwrap();
        (
            authority.root_file().to_owned(),
            authority.root_pem().to_owned(),
        )
    }

    fn written(variables: &[(&'static str, &Path)]) -> Result<(String, TrustFiles), TrustError> {
        let home = tempfile::tempdir().unwrap();
        let authority = CertificateAuthority::open_or_create(home.path()).unwrap();
        let variables: BTreeMap<_, _> = variables.iter().copied().collect();
        let value_of = |name: &str| variables.get(name).map(|path| path.as_os_str().to_owned());
        let files = TrustFiles::write(&authority, value_of)?;
        Ok((authority.root_pem().to_owned(), files))
    }

    #[test]
    fn ours_comes_first_and_the_systems_follow() {
        let (ours, files) = written(&[]).unwrap();
        let bundle = fs::read_to_string(files.bundle()).unwrap();
        assert!(bundle.starts_with(&ours));
        let count = bundle.matches("BEGIN CERTIFICATE").count();
        let mut system = load_native_certs().certs;
        system.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
        system.dedup();
        assert_eq!(count, system.len() + 1);
        assert_eq!(fs::read_to_string(files.extra()).unwrap(), ours);
        let java = fs::read(files.java_key_store()).unwrap();
        assert_eq!(java[8..12], u32::try_from(count).unwrap().to_be_bytes());
        for path in [files.bundle(), files.extra(), files.java_key_store()] {
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o644);
        }
        let directory = files.directory.path().to_owned();
        assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o755);
        drop(files);
        assert!(!directory.exists());
    }

    #[test]
    fn what_the_user_trusts_stays_trusted() {
        let home = tempfile::tempdir().unwrap();
        let (file, root) = other_root(home.path());
        for (variable, in_bundle) in [
            ("AWS_CA_BUNDLE", true),
            ("REQUESTS_CA_BUNDLE", true),
            ("SSL_CERT_FILE", true),
            ("CURL_CA_BUNDLE", true),
            ("NODE_EXTRA_CA_CERTS", false),
        ] {
            let (ours, files) = written(&[(variable, &file)]).unwrap();
            let has = |path| fs::read_to_string(path).unwrap().contains(&root);
            assert_eq!(has(files.bundle()), in_bundle, "{variable}");
            assert_eq!(has(files.extra()), !in_bundle, "{variable}");
            assert!(
                fs::read_to_string(files.extra())
                    .unwrap()
                    .starts_with(&ours)
            );
        }
        // REQUESTS_CA_BUNDLE may be a directory.
        let directory = home.path().join("certs");
        fs::create_dir(&directory).unwrap();
        fs::copy(&file, directory.join("a.pem")).unwrap();
        let both = [
            ("REQUESTS_CA_BUNDLE", &*directory),
            ("AWS_CA_BUNDLE", &file),
        ];
        let (_, files) = written(&both).unwrap();
        let bundle = fs::read_to_string(files.bundle()).unwrap();
        assert_eq!(bundle.matches(&root).count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let error = written(&[("AWS_CA_BUNDLE", Path::new("/no/such/bundle.pem"))]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read certificates from /no/such/bundle.pem (AWS_CA_BUNDLE)"
        );
    }
}
