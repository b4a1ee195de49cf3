//! The certificate authority of intercept mode: it lets a server play CodePipeline's hosts over
//! TLS.
//!
//! It is made once per user and kept in one directory:
//!
//! - a *root*, which clients have to trust. Its key signs one certificate and is then discarded;
//! - an *intermediate*, whose key is stored (mode 0600). Its critical name constraints permit the
//!   name suffixes of [`Partition::ALL`](pipetape_core::partition::Partition::ALL) and exclude
//!   every IP address, and it is valid only for TLS servers: a thief of the key can do no more than
//!   that;
//! - *leaves*, made for the exact CodePipeline host that a client asks for by SNI, valid for a day,
//!   never written to disk.
//!
//! This module does not read the environment, does not choose the directory, and does not install a
//! root.

mod certificate_authority;
mod certificates;
mod error;
mod leaves;
mod stored;

pub use certificate_authority::{AuthorityDetails, CertificateAuthority, Origin};
pub use error::{AuthorityDamage, AuthorityError};

#[cfg(test)]
mod tests;
