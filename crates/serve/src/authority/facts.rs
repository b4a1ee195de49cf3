//! What there is to know of an authority.

use std::path::PathBuf;
use std::time::SystemTime;

/// What a user may want to know of an authority, or has to compare before trusting it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityFacts {
    /// The root's subject, such as `O=pipetape, CN=pipetape root 1f2e3d4c`.
    pub subject: String,
    /// SHA-256 of the root certificate.
    pub fingerprint: [u8; 32],
    /// When its validity begins.
    pub not_before: SystemTime,
    /// When it ends; it is renewed shortly before.
    pub not_after: SystemTime,
    /// The suffixes that host names of its certificates must have. IP addresses are all excluded.
    pub permitted_names: Vec<&'static str>,
    /// The file with the root certificate, in PEM.
    pub root_file: PathBuf,
    /// The file with the kept key.
    pub key_file: PathBuf,
}
