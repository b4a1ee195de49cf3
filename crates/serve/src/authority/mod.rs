//! The certificate authority of intercept mode: it plays the CodePipeline hosts over TLS.
//!
//! It is made once per user and kept in one directory:
//!
//! - a *root*, which clients are told to trust. Its key signs one certificate and is then forgotten;
//! - an *intermediate*, whose key is kept (mode 0600). Its critical name constraints permit the name
//!   suffixes of [`Partition::ALL`](pipetape_core::partition::Partition::ALL) and exclude every IP
//!   address, and it is good for TLS servers alone: what a thief of the key can do ends there;
//! - *leaves*, made on demand for the exact CodePipeline host that a client asks for by SNI, valid for a day,
//!   never written anywhere.
//!
//! Nothing here reads the environment or decides where the directory is, and nothing installs a root anywhere.

mod certificate_authority;
mod certificates;
mod constraints;
mod directory;
mod error;
mod facts;
mod leaves;
mod stored;

pub use certificate_authority::{CertificateAuthority, Origin};
pub use error::{AuthorityError, Damage};
pub use facts::AuthorityFacts;

#[cfg(test)]
mod tests;
