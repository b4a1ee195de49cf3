//! Why an authority cannot be used.

use std::io;
use std::path::PathBuf;

/// A certificate authority cannot be opened, made or renewed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// A file or directory cannot be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has locked the directory for too long.
    #[error("another process is busy with the certificate authority in {} (try again)", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// Other users of this machine can read the key.
    #[error(
        "the key of the certificate authority is open to others: {} has mode {mode:04o} (run `chmod 600` on it, or `pipetape ca renew` if somebody may have read it)",
        path.display()
    )]
    Exposed {
        /// The file with the key.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Other users of this machine can put files into the directory.
    #[error(
        "others can change the certificate authority: {} has mode {mode:04o} (run `chmod 700` on it)",
        path.display()
    )]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The authority is another user's.
    #[error("{} belongs to another user (choose a directory of your own)", path.display())]
    Foreign {
        /// The file or directory.
        path: PathBuf,
    },
    /// A file is not what pipetape wrote.
    #[error(
        "the certificate authority cannot be used: {} is damaged or not pipetape's (`pipetape ca renew` makes a new authority)",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        reason: AuthorityDamage,
    },
    /// By the clock, the authority was made in the future.
    #[error(
        "the certificate authority in {} is not valid yet (set the clock right, or run `pipetape ca renew`)",
        path.display()
    )]
    NotYetValid {
        /// The directory.
        path: PathBuf,
    },
    /// A key or certificate cannot be made.
    #[error("cannot make a certificate")]
    Certificate(#[source] rcgen::Error),
    /// TLS cannot be set up.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
}

/// What is wrong with a file of the authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityDamage {
    /// It has more bytes than such a file can have.
    #[error("the file is too large")]
    TooLarge,
    /// It is not one key and two certificates in PEM.
    #[error("the file is not a key and two certificates in PEM")]
    Malformed,
    /// The key belongs to another certificate.
    #[error("the key does not belong to the intermediate certificate")]
    KeyMismatch,
    /// The root did not sign the intermediate.
    #[error("the root has not issued the intermediate certificate")]
    BrokenChain,
    /// The intermediate may sign for other names than this version's intermediate.
    #[error(
        "the intermediate certificate is not limited to the host names that this version of pipetape knows"
    )]
    OtherNames,
    /// There is a root without an authority.
    #[error("there is a root certificate, and no authority that it belongs to")]
    Orphan,
    /// The root that clients trust belongs to another authority.
    #[error("this is not the root certificate of the authority beside it")]
    OtherRoot,
}
