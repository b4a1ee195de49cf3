//! A lock between processes, with patience.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

/// What locks are held for takes milliseconds, seconds on a slow disk.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(10);
/// In bytes. Notes are a process id and a word.
const LONGEST_NOTE: u64 = 64;

/// An exclusive lock on a file, until it is dropped or the process ends.
///
/// The lock is advisory: it keeps out other [`FileLock`]s on the same path, in this process and in
/// others. While it is held, the file says by whom (see [`FileLock::take`]).
#[derive(Debug)]
#[must_use = "the lock is released when this is dropped"]
pub struct FileLock {
    path: PathBuf,
    removed_when_dropped: bool,
    /// Locked as long as it is open.
    _file: File,
}

/// Why the lock was not taken.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another process holds the lock, and was not waited for or held it too long.
    #[error("another process holds the lock")]
    Held {
        /// What the holder wrote into the file; empty if it has not written yet, or wrote nothing.
        holder: String,
    },
    /// The lock file cannot be made or opened.
    #[error("cannot open the lock file")]
    Open(#[source] io::Error),
    /// The system failed to lock the file, for example because the file system has no locks.
    #[error("cannot lock the lock file")]
    Lock(#[source] io::Error),
}

impl FileLock {
    /// Takes the lock on the file at `path`, which is made with mode 0600 if it is missing, and
    /// writes `note` (at most 64 bytes) into it for others to read; an empty note leaves the file
    /// as it is.
    ///
    /// While somebody else holds the lock, `waits_for` is asked with the holder's note each time
    /// the lock was tried; if it agrees, the lock is tried again for up to ten seconds.
    ///
    /// # Errors
    ///
    /// See [`LockError`].
    pub fn take(
        path: &Path,
        note: &str,
        waits_for: impl Fn(&str) -> bool,
    ) -> Result<Self, LockError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Network file systems lock only what is open for writing.
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)
                .map_err(LockError::Open)?;
            match file.try_lock() {
                Ok(()) if !is_at(&file, path).map_err(LockError::Lock)? => continue,
                Ok(()) => {
                    write_note(&mut file, note).map_err(LockError::Lock)?;
                    return Ok(Self {
                        path: path.to_owned(),
                        removed_when_dropped: false,
                        _file: file,
                    });
                }
                Err(TryLockError::WouldBlock) => {
                    let holder = read_note(&mut file);
                    if !waits_for(&holder) || Instant::now() > deadline {
                        return Err(LockError::Held { holder });
                    }
                    thread::sleep(PAUSE);
                }
                Err(TryLockError::Error(error)) => return Err(LockError::Lock(error)),
            }
        }
    }

    /// Removes the file when the lock is released: it then exists only while somebody holds it.
    pub fn removed_when_dropped(mut self) -> Self {
        self.removed_when_dropped = true;
        self
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if self.removed_when_dropped {
            // Still locked. A file that stays does no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether the file is still the one at `path`. The former holder may have removed it, and a lock
/// on a file that others no longer find keeps nobody out.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let here = file.metadata()?;
    match path.metadata() {
        Ok(there) => Ok((there.dev(), there.ino()) == (here.dev(), here.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn write_note(file: &mut File, note: &str) -> io::Result<()> {
    if note.is_empty() {
        return Ok(());
    }
    file.set_len(0)?;
    // On a full disk others do not learn who holds the lock; it is held all the same.
    let _ = file.write_all(note.as_bytes());
    Ok(())
}

fn read_note(file: &mut File) -> String {
    let mut note = Vec::new();
    // A note that cannot be read is like one that is not written yet.
    let _ = file.take(LONGEST_NOTE).read_to_end(&mut note);
    String::from_utf8_lossy(&note).into_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::SeqCst;

    use super::*;

    fn always(_: &str) -> bool {
        true
    }

    fn never(_: &str) -> bool {
        false
    }

    #[test]
    fn one_holder_at_a_time_who_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".lock");
        let lock = FileLock::take(&path, "a long first note\n", always).unwrap();
        drop(lock);
        let lock = FileLock::take(&path, "the holder\n", always).unwrap();
        let Err(LockError::Held { holder }) = FileLock::take(&path, "", never) else {
            panic!("taken twice");
        };
        assert_eq!(holder, "the holder\n");
        drop(lock);
        assert!(path.exists());
        drop(
            FileLock::take(&path, "", never)
                .unwrap()
                .removed_when_dropped(),
        );
        assert!(!path.exists());
    }

    #[test]
    fn others_wait_also_if_the_file_is_removed_in_between() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".lock");
        let take = || FileLock::take(&path, "", always).unwrap();
        let lock = take().removed_when_dropped();
        let holders = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let lock = take().removed_when_dropped();
                    assert_eq!(holders.fetch_add(1, SeqCst), 0);
                    thread::sleep(Duration::from_millis(5));
                    assert_eq!(holders.fetch_sub(1, SeqCst), 1);
                    drop(lock);
                });
            }
            thread::sleep(Duration::from_millis(30));
            drop(lock);
        });
    }

    #[test]
    fn a_directory_that_is_missing_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("none").join(".lock");
        let error = FileLock::take(&path, "", always).unwrap_err();
        assert!(matches!(error, LockError::Open(_)), "{error:?}");
    }
}
