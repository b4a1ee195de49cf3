//! Who has a tape open.
//!
//! sled locks its file too, but its error names no holder, and renaming a directory needs a lock outside of it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// A reader holds a tape for as long as it takes to read it: others wait that long.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// What a process wants of a tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To read it and let go.
    Reading,
    /// To change it, for as long as it pleases.
    Writing,
}

/// The lock on one tape; the file goes with it.
#[derive(Debug)]
pub(super) struct TapeLock {
    path: PathBuf,
    _file: File,
}

/// Why there is no lock.
#[derive(Debug)]
pub(super) enum LockError {
    /// Another process holds it.
    Held {
        pid: Option<u32>,
    },
    Io(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> LockError {
        LockError::Io(error)
    }
}

impl TapeLock {
    /// Takes the lock. Where a reader holds it, waits for a few seconds.
    pub(super) fn take(path: &Path, purpose: Purpose) -> Result<TapeLock, LockError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match TapeLock::try_take(path, purpose) {
                Err(Attempt::Held { holder })
                    if !holder.is_reading || Instant::now() > deadline =>
                {
                    return Err(LockError::Held { pid: holder.pid });
                }
                Err(Attempt::Held { .. }) => thread::sleep(PAUSE),
                Err(Attempt::Replaced) => {}
                Err(Attempt::Io(error)) => return Err(LockError::Io(error)),
                Ok(lock) => return Ok(lock),
            }
        }
    }

    fn try_take(path: &Path, purpose: Purpose) -> Result<TapeLock, Attempt> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Attempt::Held {
                    holder: Holder::read(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(Attempt::Io(error)),
        }
        // The former holder removes the file: a lock on what is no longer there keeps nobody out.
        let here = file.metadata()?;
        match path.metadata() {
            Ok(there) if (there.dev(), there.ino()) == (here.dev(), here.ino()) => {}
            Ok(_) => return Err(Attempt::Replaced),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Attempt::Replaced),
            Err(error) => return Err(Attempt::Io(error)),
        }
        let word = match purpose {
            Purpose::Reading => "reading",
            Purpose::Writing => "writing",
        };
        file.set_len(0)?;
        // A full disk takes away the name of the holder, not the lock.
        let _ = file.write_all(format!("{} {word}\n", std::process::id()).as_bytes());
        Ok(TapeLock {
            path: path.to_owned(),
            _file: file,
        })
    }
}

impl Drop for TapeLock {
    fn drop(&mut self) {
        // Still locked. A file that stays is no harm.
        let _ = std::fs::remove_file(&self.path);
    }
}

enum Attempt {
    Held {
        holder: Holder,
    },
    /// The file was removed or replaced in between.
    Replaced,
    Io(io::Error),
}

impl From<io::Error> for Attempt {
    fn from(error: io::Error) -> Attempt {
        Attempt::Io(error)
    }
}

struct Holder {
    pid: Option<u32>,
    is_reading: bool,
}

impl Holder {
    fn read(file: &mut File) -> Holder {
        let mut bytes = [0; 64];
        let length = file.read(&mut bytes).unwrap_or(0);
        let text = String::from_utf8_lossy(&bytes[..length]);
        let mut words = text.split_whitespace();
        Holder {
            pid: words.next().and_then(|pid| pid.parse().ok()),
            // Just locked and not written yet: most likely brief.
            is_reading: words.next() != Some("writing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time_and_no_file_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".t.lock");
        let lock = TapeLock::take(&path, Purpose::Writing).unwrap();
        for purpose in [Purpose::Reading, Purpose::Writing] {
            let Err(LockError::Held { pid }) = TapeLock::take(&path, purpose) else {
                panic!("taken twice");
            };
            assert_eq!(pid, Some(std::process::id()));
        }
        drop(lock);
        assert!(!path.exists());
        drop(TapeLock::take(&path, Purpose::Reading).unwrap());
    }

    #[test]
    fn a_reader_is_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".t.lock");
        let lock = TapeLock::take(&path, Purpose::Reading).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| TapeLock::take(&path, Purpose::Writing).is_ok());
            thread::sleep(Duration::from_millis(30));
            drop(lock);
            assert!(waiting.join().unwrap());
        });
    }
}
