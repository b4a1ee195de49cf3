//! What can go wrong with a store.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::damage::Damage;
use crate::name::TapeName;

/// A store operation failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such tape.
    #[error("there is no tape `{name}` in {} (`pipetape list` shows what is there)", directory.display())]
    NoSuchTape {
        /// What was asked for.
        name: TapeName,
        /// The store.
        directory: PathBuf,
    },
    /// There is one already.
    #[error(
        "there is a tape `{name}` already: choose another name, `delete` it, or record with --mode overwrite or --mode append"
    )]
    Exists {
        /// What was to be written.
        name: TapeName,
    },
    /// Another process has the tape open.
    #[error("tape `{name}` is in use by process {}: stop it first", pid.map_or_else(|| "(unknown)".to_owned(), |pid| pid.to_string()))]
    InUse {
        /// The tape.
        name: TapeName,
        /// The process, if it could be found out.
        pid: Option<u32>,
    },
    /// A newer pipetape wrote the tape.
    #[error(
        "tape `{name}` has store layout {found}, this build reads up to {supported}: upgrade pipetape to read it"
    )]
    Newer {
        /// The tape.
        name: TapeName,
        /// Its layout.
        found: u32,
        /// The newest that is read.
        supported: u32,
    },
    /// What is on disk is not what was written.
    #[error(
        "tape `{name}` is damaged: {damage}; restore it from a backup or an exported tape file, or `delete` it"
    )]
    Damaged {
        /// The tape.
        name: TapeName,
        /// What was found.
        damage: Damage,
    },
    /// An exchange of a tape to be imported has more bytes than a store can keep of one.
    #[error("tape `{name}` can't be stored: one of its exchanges is too large")]
    TooLarge {
        /// The tape.
        name: TapeName,
    },
    /// A recording ended, and an exchange of it could not be written.
    #[error("tape `{name}` is incomplete: {reason}")]
    Incomplete {
        /// The tape.
        name: TapeName,
        /// Why the first one could not be written.
        reason: Arc<str>,
    },
    /// A recording ended and could not be closed. All of it is on disk.
    #[error(
        "tape `{name}` could not be closed; all that was recorded is kept: remove the cause, then `record {name} --mode append` continues it"
    )]
    Unclosed {
        /// The tape.
        name: TapeName,
        /// Why.
        #[source]
        source: Box<StoreError>,
    },
    /// The file system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The storage engine refused a write or an open.
    #[error("the storage engine cannot {action} tape `{name}`")]
    Engine {
        /// What was tried, as a verb.
        action: &'static str,
        /// The tape.
        name: TapeName,
        /// What it said.
        #[source]
        source: io::Error,
    },
}

impl StoreError {
    /// Whether the tape itself is the reason: it is damaged, of a newer format, or too large. Exit
    /// code 3.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Damaged { .. } | Self::Newer { .. } | Self::TooLarge { .. }
        )
    }

    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.to_owned();
        move |source| StoreError::Io {
            action,
            path,
            source,
        }
    }

    /// A recording could not be closed; damage stays damage.
    pub(super) fn unclosed(name: &TapeName, source: StoreError) -> StoreError {
        if source.is_damage() {
            return source;
        }
        StoreError::Unclosed {
            name: name.clone(),
            source: Box::new(source),
        }
    }

    pub(super) fn damaged(name: &TapeName, damage: Damage) -> StoreError {
        StoreError::Damaged {
            name: name.clone(),
            damage,
        }
    }
}

/// An exchange could not be made durable. The tape is incomplete from here on.
#[derive(Debug, Clone, Error)]
#[error("the tape can no longer be written: {reason}")]
pub struct AppendError {
    /// Why the first exchange could not be written.
    pub reason: Arc<str>,
}
