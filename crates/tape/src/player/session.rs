//! One play-through of a tape.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::track::{Hashed, Track};
use crate::name::SessionName;

/// How often each track was played; a track that is not in it, never.
pub(super) type Cursors = HashMap<Track, u32, Hashed>;

/// A session's cursors, behind a lock of their own.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) name: Arc<SessionName>,
    /// When it was last asked for, on the clock of its [`Sessions`](super::sessions::Sessions).
    pub(super) last_used: AtomicU64,
    cursors: Mutex<Cursors>,
}

impl Session {
    pub(super) fn new(name: SessionName) -> Session {
        Session {
            name: Arc::new(name),
            last_used: AtomicU64::new(0),
            cursors: Mutex::default(),
        }
    }

    /// The cursors, for one step. What a panicking thread left behind is whole: each step is one number.
    pub(super) fn cursors(&self) -> MutexGuard<'_, Cursors> {
        self.cursors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
