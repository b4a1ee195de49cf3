//! Why there is no certificate authority.

use std::io;
use std::path::PathBuf;

/// A certificate authority can't be opened, made or renewed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The operating system refused something.
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
    /// Another process has held the directory's lock for too long.
    #[error("another process is busy with the certificate authority in {} (try again)", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// Others on this machine can read the key.
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
    /// Others on this machine can put files of theirs into the directory.
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
    /// A file is not what was written.
    #[error(
        "the certificate authority cannot be used: {} is damaged or not pipetape's (`pipetape ca renew` makes a new authority)",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        reason: Damage,
    },
    /// The authority was made in what the clock says is the future.
    #[error(
        "the certificate authority in {} is not valid yet (set the clock right, or run `pipetape ca renew`)",
        path.display()
    )]
    NotYetValid {
        /// The directory.
        path: PathBuf,
    },
    /// A key or certificate can't be made.
    #[error("cannot make a certificate")]
    Certificate(#[source] rcgen::Error),
    /// TLS can't be set up.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
}

/// What is wrong with a file of the authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// More bytes than such a file can have.
    #[error("the file is too large")]
    TooLarge,
    /// Not one key and two certificates in PEM.
    #[error("the file is not a key and two certificates in PEM")]
    Malformed,
    /// The key is of another certificate.
    #[error("the key does not belong to the intermediate certificate")]
    KeyMismatch,
    /// The intermediate is not from the root.
    #[error("the root has not issued the intermediate certificate")]
    BrokenChain,
    /// The intermediate may sign more, or less, than this version's would.
    #[error(
        "the intermediate certificate is not limited to the host names that this version of pipetape knows"
    )]
    OtherNames,
    /// There is a root without its authority.
    #[error("there is a root certificate, and no authority that it belongs to")]
    Orphan,
    /// The root that clients are told to trust is another one.
    #[error("this is not the root certificate of the authority beside it")]
    OtherRoot,
}
