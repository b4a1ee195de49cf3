//! What can go wrong with a store.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

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
        /// The process, where it could be found out.
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
    /// What is on disk can't be what was written.
    #[error(
        "tape `{name}` is damaged: {reason}; restore it from a backup or an exported tape file, or `delete` it"
    )]
    Damaged {
        /// The tape.
        name: TapeName,
        /// What was found.
        reason: String,
    },
    /// A recording ended that had lost its tape on the way.
    #[error("tape `{name}` is incomplete: {reason}")]
    Incomplete {
        /// The tape.
        name: TapeName,
        /// What was said when it first failed.
        reason: Arc<str>,
    },
    /// A recording ended and could not be closed. All of it is in the tape's journal.
    #[error(
        "tape `{name}` could not be closed; all that was recorded is kept: mend the cause, then `record {name} --mode append` goes on with it"
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
    /// Whether the tape is damaged or of a newer format: exit code 3.
    pub fn is_damage(&self) -> bool {
        matches!(self, StoreError::Damaged { .. } | StoreError::Newer { .. })
    }

    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.to_owned();
        move |source| StoreError::Io {
            action,
            path,
            source,
        }
    }

    /// Why a recording could not be closed; damage stays what it is.
    pub(super) fn unclosed(name: &TapeName, source: StoreError) -> StoreError {
        if source.is_damage() {
            return source;
        }
        StoreError::Unclosed {
            name: name.clone(),
            source: Box::new(source),
        }
    }

    pub(super) fn damaged(name: &TapeName, reason: impl Into<String>) -> StoreError {
        StoreError::Damaged {
            name: name.clone(),
            reason: reason.into(),
        }
    }
}

/// An exchange could not be made durable. The tape is incomplete from here on.
#[derive(Debug, Clone, Error)]
#[error("the tape can no longer be written: {reason}")]
pub struct AppendError {
    /// What was said when it first failed.
    pub reason: Arc<str>,
}
