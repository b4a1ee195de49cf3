//! Two umasks: the user's, and the one that keeps a store to its owner.

use rustix::fs::Mode;
use rustix::process::umask;

/// The umask that the process was started with. The storage engine makes its files by the process's
/// umask, so that is tightened before anything else happens; what belongs to the user is made with his own.
#[derive(Debug)]
pub(crate) struct UserUmask(Mode);

impl UserUmask {
    /// Tightens the process's umask: what it makes from here on is its owner's alone.
    pub(crate) fn tighten() -> UserUmask {
        UserUmask(umask(Mode::RWXG | Mode::RWXO))
    }

    /// Runs `action` with the user's umask.
    ///
    /// The umask is the whole process's, so a thread of the storage engine may make a file meanwhile.
    /// It lies in a directory that nobody else can enter, and its mode is put right when the tape is closed.
    pub(crate) fn during<T>(&self, action: impl FnOnce() -> T) -> T {
        let tight = umask(self.0);
        let result = action();
        umask(tight);
        result
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::*;

    /// The umask is the whole process's: tests that change it take turns.
    pub(crate) fn my_turn() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The umask of a user who has set it to `mask`, tightened.
    pub(crate) fn user_with(mask: u16) -> UserUmask {
        umask(Mode::from_bits_truncate(mask.into()));
        UserUmask::tighten()
    }

    #[test]
    fn the_users_umask_holds_during_an_action_only() {
        let _turn = my_turn();
        let user = user_with(0o027);
        let current = || {
            let mask = umask(Mode::empty());
            umask(mask);
            mask.as_raw_mode() & 0o777
        };
        assert_eq!(current(), 0o077);
        assert_eq!(user.during(current), 0o027);
        assert_eq!(current(), 0o077);
    }
}
