//! The database, which is sled, and what it takes to trust it: `catch_unwind` around each call, bad
//! snapshots removed, and damage distinguished from other errors.
//!
//! Tree `exchanges` has what [`entries`](super::entries) makes of exchanges; tree `header` has
//! under `rules` the tape's rules, encoded.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, mem, thread};

use sled::{Batch, Db, Mode, Tree};
use tracing::warn;

use super::entries::Packing;
use crate::name::TapeName;
use crate::store::damage::Damage;
use crate::store::error::StoreError;

const EXCHANGES: &str = "exchanges";
const HEADER: &str = "header";
const RULES: &str = "rules";

/// sled's own default is a gigabyte. Tapes are written once and scanned once: there is little to
/// cache.
const CACHE: u64 = 16 * 1024 * 1024;

/// How many bytes are collected in a batch, which sled holds in memory until it is written.
const FULL: usize = 4 * 1024 * 1024;
/// From how many bytes on the next open is made quick.
const LARGE: usize = 64 * 1024 * 1024;

/// sled lets go of its file a moment after it was closed.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(2);

/// An open database. Damage makes sled panic, also when it is dropped, so each use is guarded.
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
    /// Opens the database in `directory`, or makes it. To be called under the tape's lock.
    ///
    /// # Errors
    ///
    /// The database is damaged, or the file system refuses.
    pub(super) fn open(name: &TapeName, directory: &Path) -> Result<Database, StoreError> {
        remove_unfinished_snapshots(directory)?;
        let opened = guard(name, "open", || open_unlocked(directory));
        let open = match opened {
            Err(StoreError::Damaged { damage, .. }) if set_snapshots_aside(directory)? => {
                warn!(tape = %name, reason = %damage, "a snapshot is damaged; reading the whole log instead");
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

    /// Calls `each` with every entry of the exchanges, in order of their keys, until it returns an
    /// error.
    pub(super) fn scan<E: From<StoreError>>(
        &mut self,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut scanned = Ok(());
        self.with("read", |open| {
            for entry in open.exchanges.iter() {
                let (key, value) = entry?;
                // sled trims its cache by the number of accesses, and moving on within a page does
                // not count as one: without this a scan keeps all of a large tape in memory.
                open.exchanges.contains_key(&key)?;
                scanned = each(&key, &value);
                if scanned.is_err() {
                    break;
                }
            }
            Ok(())
        })?;
        scanned
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

    /// Closes it, durably. Dropping closes it too, and reports nothing.
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

    /// Closes it so that the next open is quick, however much was written: sled makes a snapshot of
    /// its log when it opens it, not when it closes it.
    fn close_with_snapshot(self) -> Result<(), StoreError> {
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
            return Err(StoreError::damaged(&self.name, Damage::EngineGaveUp));
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

/// Puts exchanges into a database, many at a time: sled's costs are per batch and per entry.
pub(super) struct BulkLoad {
    database: Database,
    packing: Packing,
    batch: Batch,
    in_batch: usize,
    loaded: usize,
}

impl BulkLoad {
    pub(super) fn into(database: Database) -> BulkLoad {
        BulkLoad {
            database,
            packing: Packing::default(),
            batch: Batch::default(),
            in_batch: 0,
            loaded: 0,
        }
    }

    /// Takes the next exchange, encoded: at most [`LONGEST`](super::entries::LONGEST) bytes.
    pub(super) fn push(&mut self, seq: u64, encoded: &[u8]) -> Result<(), StoreError> {
        let batch = &mut self.batch;
        self.packing
            .push(seq, encoded, |key, value| batch.insert(key, value));
        self.in_batch += encoded.len();
        if self.in_batch < FULL {
            return Ok(());
        }
        self.loaded += self.in_batch;
        self.in_batch = 0;
        self.apply()
    }

    /// Writes the rest, and closes the database: all that was pushed is durable.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        let batch = &mut self.batch;
        self.packing.finish(|key, value| batch.insert(key, value));
        self.apply()?;
        if self.loaded < LARGE {
            self.database.close()
        } else {
            self.database.close_with_snapshot()
        }
    }

    fn apply(&mut self) -> Result<(), StoreError> {
        let batch = mem::take(&mut self.batch);
        self.database
            .with("write", |open| open.exchanges.apply_batch(batch))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let open = self.open.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(open)));
    }
}

/// sled lets go of its file when its threads have ended, a moment after it was closed. We hold the
/// tape's lock, so if anybody else has the file, they are about to let go of it.
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
        // What a panic says may quote data; where it happened is reported by the program's panic
        // hook.
        Err(_) => {
            return Err(StoreError::damaged(name, Damage::EngineGaveUp));
        }
    };
    Err(match error {
        sled::Error::Io(source) if is_damage(&source) => {
            StoreError::damaged(name, Damage::Engine(source.to_string()))
        }
        sled::Error::Io(source) => StoreError::Engine {
            action,
            name: name.clone(),
            source,
        },
        sled::Error::Corruption { .. } => StoreError::damaged(name, Damage::EngineChecksum),
        sled::Error::CollectionNotFound(_)
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_) => StoreError::damaged(name, Damage::EngineUnreadable),
    })
}

/// A read after the end of a file, or something that can't be decoded.
fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
    )
}

const SNAPSHOT: &str = "snap.";
const UNFINISHED: &str = ".generating";

/// A kill can leave a snapshot half-written. sled would take it for the newest one, and the
/// database for corrupt from then on.
fn remove_unfinished_snapshots(directory: &Path) -> Result<(), StoreError> {
    each_snapshot(directory, |path, name| {
        if name.ends_with(UNFINISHED) {
            fs::remove_file(path)?;
        }
        Ok(())
    })
}

/// Renames every snapshot, so that the next open reads sled's log from its beginning. Returns
/// whether there was one.
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
