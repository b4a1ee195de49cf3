//! sled, and what it takes to trust it: all calls behind `catch_unwind`, snapshots mended, damage told from trouble.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, mem, thread};

use sled::{Batch, Db, Mode, Tree};
use tracing::warn;

use super::error::StoreError;
use super::layout::{EXCHANGES, HEADER, RULES};
use crate::name::TapeName;

/// sled's own default is a gigabyte. Tapes are written once and scanned once: there is little to cache.
const CACHE: u64 = 16 * 1024 * 1024;

const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(2);

/// An open database. Damage makes sled panic, when dropped as well, so each use is guarded.
pub(super) struct Database {
    name: TapeName,
    directory: PathBuf,
    /// `None` once closed, or once it has panicked: what panicked is not touched again.
    open: Option<Open>,
}

struct Open {
    db: Db,
    exchanges: Tree,
    header: Tree,
}

impl Database {
    /// Opens what lies in `directory`, or makes it. Under the tape's lock.
    ///
    /// # Errors
    ///
    /// What is there is damaged, or the file system refuses.
    pub(super) fn open(name: &TapeName, directory: &Path) -> Result<Database, StoreError> {
        remove_unfinished_snapshots(directory)?;
        let opened = guard(name, "open", || open_unlocked(directory));
        let open = match opened {
            Err(StoreError::Damaged { reason, .. }) if set_snapshots_aside(directory)? => {
                warn!(tape = %name, %reason, "a snapshot is damaged; reading the whole log instead");
                guard(name, "open", || open_unlocked(directory))?
            }
            opened => opened?,
        };
        Ok(Database {
            name: name.clone(),
            directory: directory.to_owned(),
            open: Some(open),
        })
    }

    /// Writes entries, all or none. They are durable once it is [closed](Database::close).
    pub(super) fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.with("write", |open| open.exchanges.apply_batch(batch))
    }

    /// Calls `each` with every entry of the exchanges, in order of their keys, until it says to stop.
    pub(super) fn scan(
        &mut self,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<(), String>,
    ) -> Result<(), StoreError> {
        let name = self.name.clone();
        let mut refused = None;
        self.with("read", |open| {
            for entry in open.exchanges.iter() {
                let (key, value) = entry?;
                // sled looks after its cache once in 64 accesses to a 256th of it, and going on within a page is none: a
                // scan alone had it hold all of a large tape.
                open.exchanges.contains_key(&key)?;
                if let Err(reason) = each(&key, &value) {
                    refused = Some(reason);
                    break;
                }
            }
            Ok(())
        })?;
        match refused {
            Some(reason) => Err(StoreError::damaged(&name, reason)),
            None => Ok(()),
        }
    }

    /// Whether there is any exchange in it.
    pub(super) fn has_exchanges(&mut self) -> Result<bool, StoreError> {
        self.with("read", |open| Ok(open.exchanges.first()?.is_some()))
    }

    /// The encoded rules; every whole tape has them.
    pub(super) fn rules(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        self.with("read", |open| {
            Ok(open.header.get(RULES)?.map(|rules| rules.to_vec()))
        })
    }

    /// Writes the encoded rules, durably.
    pub(super) fn write_rules(&mut self, rules: &[u8]) -> Result<(), StoreError> {
        self.with("write", |open| {
            open.header.insert(RULES, rules)?;
            open.header.flush()?;
            Ok(())
        })
    }

    /// Closes it. Where that is not done, dropping closes it and says nothing.
    pub(super) fn close(mut self) -> Result<(), StoreError> {
        self.with("write", |open| {
            open.db.flush()?;
            Ok(())
        })?;
        let open = self.open.take();
        guard(&self.name, "close", || {
            drop(open);
            Ok(())
        })
    }

    /// Closes it so that the next open is quick, however much was written: sled sums up its log where it opens it, and not
    /// where it closes it.
    pub(super) fn close_summed_up(self) -> Result<(), StoreError> {
        let (name, directory) = (self.name.clone(), self.directory.clone());
        self.close()?;
        Database::open(&name, &directory)?.close()
    }

    fn with<T>(
        &mut self,
        action: &'static str,
        work: impl FnOnce(&Open) -> sled::Result<T>,
    ) -> Result<T, StoreError> {
        let Some(open) = &self.open else {
            return Err(StoreError::damaged(
                &self.name,
                "the storage engine gave up on it",
            ));
        };
        let mut panicked = true;
        let result = guard(&self.name, action, || {
            let result = work(open);
            panicked = false;
            result
        });
        if panicked {
            // Its `Drop` may panic too, or wait for a lock that nobody gives back.
            mem::forget(self.open.take());
        }
        result
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let open = self.open.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(open)));
    }
}

/// sled lets go of its file a moment after it was closed, when its threads have ended. We hold the tape's
/// lock, so whoever else has the file is on the way out.
fn open_unlocked(directory: &Path) -> sled::Result<Open> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match open(directory) {
            Err(sled::Error::Io(error)) if is_locked(&error) && Instant::now() < deadline => {
                thread::sleep(PAUSE);
            }
            opened => return opened,
        }
    }
}

/// sled 0.34.7 wraps the system's error in a text.
fn is_locked(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Other && error.to_string().contains("could not acquire lock")
}

fn open(directory: &Path) -> sled::Result<Open> {
    let db = sled::Config::new()
        .path(directory)
        .cache_capacity(CACHE)
        .mode(Mode::HighThroughput)
        // sled's garbage collection lives in the thread that flushes.
        .flush_every_ms(Some(500))
        .open()?;
    let exchanges = db.open_tree(EXCHANGES)?;
    let header = db.open_tree(HEADER)?;
    Ok(Open {
        db,
        exchanges,
        header,
    })
}

/// Runs a piece of sled. Its errors and panics become ours.
fn guard<T>(
    name: &TapeName,
    action: &'static str,
    work: impl FnOnce() -> sled::Result<T>,
) -> Result<T, StoreError> {
    let error = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error,
        // What a panic says may quote data; where it happened is reported by the program's panic hook.
        Err(_) => {
            return Err(StoreError::damaged(
                name,
                "the storage engine gave up on it",
            ));
        }
    };
    Err(match error {
        sled::Error::Io(source) if speaks_of_damage(&source) => {
            StoreError::damaged(name, source.to_string())
        }
        sled::Error::Io(source) => StoreError::Engine {
            action,
            name: name.clone(),
            source,
        },
        sled::Error::Corruption { .. } => {
            StoreError::damaged(name, "the storage engine found a checksum wrong")
        }
        sled::Error::CollectionNotFound(_) => StoreError::damaged(name, "a tree is missing"),
        sled::Error::Unsupported(_) | sled::Error::ReportableBug(_) => {
            StoreError::damaged(name, "the storage engine can't read it")
        }
    })
}

/// Reading behind the end of a file, or what can't be decoded.
fn speaks_of_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
    )
}

const SNAPSHOT: &str = "snap.";
const UNFINISHED: &str = ".generating";

/// A kill can leave a snapshot half-written; sled would take it for the newest one, and the database for
/// corrupt from then on.
fn remove_unfinished_snapshots(directory: &Path) -> Result<(), StoreError> {
    each_snapshot(directory, |path, name| {
        if name.ends_with(UNFINISHED) {
            fs::remove_file(path)?;
        }
        Ok(())
    })
}

/// Renames every snapshot, so that the next open reads the log from its beginning. Says whether there was one.
fn set_snapshots_aside(directory: &Path) -> Result<bool, StoreError> {
    let mut found = false;
    each_snapshot(directory, |path, name| {
        found = true;
        fs::rename(path, directory.join(format!("aside.{name}")))
    })?;
    Ok(found)
}

fn each_snapshot(
    directory: &Path,
    mut each: impl FnMut(&Path, &str) -> io::Result<()>,
) -> Result<(), StoreError> {
    let mut walk = || -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if let Some(name) = entry.file_name().to_str()
                && name.starts_with(SNAPSHOT)
            {
                each(&entry.path(), name)?;
            }
        }
        Ok(())
    };
    walk().map_err(StoreError::io("tidy", directory))
}
