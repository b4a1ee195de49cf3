//! Who has a tape open.
//!
//! sled locks its file too, but its error names no holder, and renaming a directory needs a lock
//! outside of it.

use pipetape_files::{FileLock, LockError};

use super::error::StoreError;
use super::paths::TapePaths;

/// What a process wants of a tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To read it and let go. Others wait for that.
    Reading,
    /// To change it, for as long as it likes.
    Writing,
}

/// The lock on one tape. Its file is removed with it.
#[derive(Debug)]
pub(super) struct TapeLock {
    _file: FileLock,
}

impl TapeLock {
    /// Takes the lock. If a reader holds it, waits for some seconds.
    ///
    /// # Errors
    ///
    /// Another process has the tape open, or the lock file can't be made or locked.
    pub(super) fn take(paths: &TapePaths, purpose: Purpose) -> Result<TapeLock, StoreError> {
        let word = match purpose {
            Purpose::Reading => "reading",
            Purpose::Writing => "writing",
        };
        let note = format!("{} {word}\n", std::process::id());
        // A holder that has written nothing yet most likely only reads.
        let is_waited_for = |holder: &str| holder.split_whitespace().nth(1) != Some("writing");
        match FileLock::take(&paths.lock, &note, is_waited_for) {
            Ok(lock) => Ok(TapeLock {
                _file: lock.removed_when_dropped(),
            }),
            Err(LockError::Held { holder }) => Err(StoreError::InUse {
                name: paths.name.clone(),
                pid: holder
                    .split_whitespace()
                    .next()
                    .and_then(|pid| pid.parse().ok()),
            }),
            Err(LockError::Open(error) | LockError::Lock(error)) => {
                Err(StoreError::io("lock", &paths.lock)(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_holder_at_a_time_and_no_file_left() {
        let directory = tempfile::tempdir().unwrap();
        let paths = TapePaths::of(directory.path(), &"t".parse().unwrap());
        let lock = TapeLock::take(&paths, Purpose::Writing).unwrap();
        for purpose in [Purpose::Reading, Purpose::Writing] {
            let Err(StoreError::InUse { pid, .. }) = TapeLock::take(&paths, purpose) else {
                panic!("taken twice");
            };
            assert_eq!(pid, Some(std::process::id()));
        }
        drop(lock);
        assert!(!paths.lock.exists());
        drop(TapeLock::take(&paths, Purpose::Reading).unwrap());
    }

    #[test]
    fn a_reader_is_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let paths = TapePaths::of(directory.path(), &"t".parse().unwrap());
        let lock = TapeLock::take(&paths, Purpose::Reading).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| TapeLock::take(&paths, Purpose::Writing).is_ok());
            thread::sleep(Duration::from_millis(30));
            drop(lock);
            assert!(waiting.join().unwrap());
        });
    }
}
