//! One play-through of a tape, and all of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tracing::{debug, warn};

use super::cursor::Cursors;
use super::notes::{MOST_OF_ALL, Notes, Quota};
use crate::name::SessionName;

/// One session: what changes with its requests has one lock.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) name: Arc<SessionName>,
    /// When it was last asked for, on the clock of its [`Sessions`](super::sessions::Sessions).
    pub(crate) last_used: AtomicU64,
    state: Mutex<SessionState>,
}

/// How far a session is, and how it came there.
#[derive(Debug)]
pub(crate) struct SessionState {
    pub(crate) cursors: Cursors,
    /// What it asked about jobs.
    pub(crate) notes: Notes,
    /// Requests answered; no reset of the session lowers it.
    pub(crate) served: u64,
    /// Those of them that matched only because something did not count.
    pub(crate) loosened: u64,
}

impl Session {
    /// A session at the beginning of the tape.
    pub(crate) fn new(name: SessionName, quota: Arc<Quota>) -> Session {
        Session {
            name: Arc::new(name),
            last_used: AtomicU64::new(0),
            state: Mutex::new(SessionState {
                cursors: Cursors::default(),
                notes: Notes::new(quota),
                served: 0,
                loosened: 0,
            }),
        }
    }

    /// For one step. What a panicking thread leaves is whole: a step changes numbers only, and notes are added whole.
    pub(crate) fn state(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionState {
    /// Back to before the first request.
    pub(crate) fn clear(&mut self) {
        self.cursors.clear();
        self.notes.clear();
        self.served = 0;
        self.loosened = 0;
    }
}

/// Most sessions kept beside the default one.
pub(crate) const MOST_SESSIONS: usize = 10_000;

/// Sessions by name. One is made when it is first used; when there are too many, the one that was
/// idle for longest is dropped.
#[derive(Debug)]
pub(crate) struct Sessions {
    default: Arc<Session>,
    others: RwLock<HashMap<Arc<SessionName>, Arc<Session>>>,
    most: usize,
    /// For the notes of all of them.
    quota: Arc<Quota>,
    /// Counts requests: the time that idleness is measured in.
    clock: AtomicU64,
    dropped: AtomicU64,
}

impl Sessions {
    /// At most so many beside the default one.
    pub(crate) fn new(most: usize) -> Sessions {
        let quota = Arc::new(Quota::new(MOST_OF_ALL));
        let default = Session::new(SessionName::default(), Arc::clone(&quota));
        Sessions {
            default: Arc::new(default),
            others: RwLock::default(),
            most,
            quota,
            clock: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// The session of that name, made if there is none.
    pub(crate) fn of(&self, name: &SessionName) -> Arc<Session> {
        if *name == *self.default.name {
            return Arc::clone(&self.default);
        }
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        let known = self.read().get(name).map(Arc::clone);
        let session = known.unwrap_or_else(|| self.insert(name));
        session.last_used.store(now, Ordering::Relaxed);
        session
    }

    /// The session of that name, if there is one.
    pub(crate) fn find(&self, name: &SessionName) -> Option<Arc<Session>> {
        if *name == *self.default.name {
            return Some(Arc::clone(&self.default));
        }
        self.read().get(name).map(Arc::clone)
    }

    /// Every one, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        let mut all: Vec<_> = self.read().values().map(Arc::clone).collect();
        all.push(Arc::clone(&self.default));
        all.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        all
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.read().len() + 1
    }

    /// How many were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Puts every session back to the tape's beginning; says how many there were.
    pub(crate) fn reset(&self) -> usize {
        let others = std::mem::take(&mut *self.write());
        self.default.state().clear();
        // A request that has one of them in hand right now still counts for what was before.
        for session in others.values() {
            session.state().cursors.clear();
        }
        others.len() + 1
    }

    fn insert(&self, name: &SessionName) -> Arc<Session> {
        let mut others = self.write();
        // Another request may have been quicker.
        if let Some(session) = others.get(name) {
            return Arc::clone(session);
        }
        if others.len() >= self.most {
            let oldest = others
                .values()
                .min_by_key(|session| session.last_used.load(Ordering::Relaxed))
                .map(|session| Arc::clone(&session.name));
            if let Some(oldest) = oldest {
                others.remove(&oldest);
                self.note_dropped(&oldest);
            }
        }
        let session = Session::new(name.clone(), Arc::clone(&self.quota));
        let session = Arc::new(session);
        others.insert(Arc::clone(&session.name), Arc::clone(&session));
        session
    }

    fn note_dropped(&self, session: &SessionName) {
        let most = self.most;
        if self.dropped.fetch_add(1, Ordering::Relaxed) == 0 {
            warn!(
                %session,
                most,
                "too many sessions: the longest idle one is dropped and would start over; the metrics count further ones"
            );
        } else {
            debug!(%session, most, "session dropped");
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Arc<SessionName>, Arc<Session>>> {
        self.others.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Arc<SessionName>, Arc<Session>>> {
        self.others.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::prepared::KeyGroup;

    fn name(text: &str) -> SessionName {
        text.parse().unwrap()
    }

    /// A tape of one exchange, and how to count its plays.
    fn play(sessions: &Sessions, text: &str) {
        *sessions.of(&name(text)).state().cursors.played_mut(group()) += 1;
    }

    fn group() -> KeyGroup {
        KeyGroup::begun_by(0)
    }

    fn played(sessions: &Sessions, text: &str) -> Option<u32> {
        let session = sessions.find(&name(text))?;
        let played = session.state().cursors.played(group());
        Some(played)
    }

    #[test]
    fn the_longest_idle_session_goes() {
        let sessions = Sessions::new(2);
        for text in ["a", "b", "a", "default", "c"] {
            play(&sessions, text);
        }
        assert_eq!((sessions.count(), sessions.dropped()), (3, 1));
        for (text, expected) in [
            ("a", Some(2)),
            ("b", None),
            ("c", Some(1)),
            ("default", Some(1)),
        ] {
            assert_eq!(played(&sessions, text), expected, "{text}");
        }
        // It starts over.
        play(&sessions, "b");
        assert_eq!(played(&sessions, "b"), Some(1));
    }

    #[test]
    fn a_reset_is_for_all() {
        let sessions = Sessions::new(9);
        let held = sessions.of(&name("a"));
        play(&sessions, "a");
        play(&sessions, "default");
        assert_eq!(sessions.reset(), 2);
        assert_eq!(held.state().cursors.played(group()), 0);
        assert_eq!(played(&sessions, "default"), Some(0));
        assert_eq!(sessions.count(), 1);
    }
}
