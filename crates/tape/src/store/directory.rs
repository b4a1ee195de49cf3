//! The store as its users see it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use pipetape_core::causes::with_causes;

use super::error::StoreError;
use super::files::{make_directory, remove, write_whole};
use super::lock::{Purpose, TapeLock};
use super::log::{Detail, GrowingLog, TapeLog};
use super::paths::TapePaths;
use super::reader::TapeReader;
use super::stats::{RecordingEnd, TapeStats};
use super::writer::{AtFinish, Opened, TapeWriter};
use crate::exchange::Tape;
use crate::name::TapeName;
use crate::rules::Rules;

/// A directory of tapes. Making the value touches nothing; the directory is made when the first
/// tape is written.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
}

/// What to do if a tape of that name already exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum RecordMode {
    /// Refuse, unless nothing is on it.
    #[default]
    Fresh,
    /// Record beside it, and take its place at a clean end.
    Overwrite,
    /// Continue after its last exchange, by its own rules. If there is no such tape, begin one.
    Append,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapeSummary {
    /// The tape's name.
    pub name: TapeName,
    /// What could be found out about it.
    pub state: TapeState,
    /// What it takes on disk, in bytes.
    pub bytes: u64,
}

/// What a listing says of a tape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TapeState {
    /// Its recording had a clean end.
    Finished(TapeStats),
    /// Its recorder was killed; what its clients saw is there.
    Unfinished(TapeStats),
    /// A process has it open right now.
    InUse {
        /// The process, if it could be found out.
        pid: Option<u32>,
    },
    /// It can't be read: an error in words, its causes included.
    Unreadable(String),
}

impl Store {
    /// The store in `directory`.
    pub fn new(directory: impl Into<PathBuf>) -> Store {
        Store {
            directory: directory.into(),
        }
    }

    /// Its path.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Opens a tape for recording, and keeps every other process from it. `rules` are those of a
    /// new tape.
    ///
    /// # Errors
    ///
    /// The tape exists (`Fresh`), is in use, damaged or newer, or the store can't be written.
    pub fn record(
        &self,
        name: &TapeName,
        mode: RecordMode,
        rules: Rules,
    ) -> Result<TapeWriter, StoreError> {
        self.prepare()?;
        let paths = TapePaths::of(&self.directory, name);
        let lock = TapeLock::take(&paths, Purpose::Writing)?;
        recover(&paths)?;
        let exists = paths.tape.exists();
        let opened = match (exists, mode) {
            (true, RecordMode::Fresh) if !holds_nothing(&paths) => {
                return Err(StoreError::Exists { name: name.clone() });
            }
            (true, RecordMode::Append) => reopen(paths, lock)?,
            (true, RecordMode::Overwrite) => create(paths, lock, rules, AtFinish::TakePlace)?,
            (false, _) | (true, RecordMode::Fresh) => create(paths, lock, rules, AtFinish::Stay)?,
        };
        TapeWriter::start(opened)
    }

    /// Reads a whole tape into memory, and lets go of it.
    ///
    /// # Errors
    ///
    /// There is no such tape, or it is in use, damaged or newer.
    pub fn load(&self, name: &TapeName) -> Result<Tape, StoreError> {
        self.load_with_end(name).map(|(tape, _)| tape)
    }

    /// Reads a whole tape as [`load`](Store::load) does, and says how its recording ended.
    ///
    /// # Errors
    ///
    /// As of `load`.
    pub fn load_with_end(&self, name: &TapeName) -> Result<(Tape, RecordingEnd), StoreError> {
        let reader = self.reader(name)?;
        let mut tape = Tape {
            name: name.clone(),
            rules: reader.rules().cloned(),
            exchanges: Vec::new(),
        };
        let end = reader.scan(|batch| {
            for exchange in batch.exchanges(Detail::Everything) {
                tape.exchanges.push(exchange?);
            }
            Ok::<_, StoreError>(())
        })?;
        Ok((tape, end))
    }

    /// Opens a tape for reading, exchange by exchange. For tapes that are too large to be in memory
    /// as a [`Tape`].
    ///
    /// # Errors
    ///
    /// As of [`load`](Store::load).
    pub(crate) fn reader(&self, name: &TapeName) -> Result<TapeReader, StoreError> {
        let (paths, lock) = self.lock_for_reading(name)?;
        TapeReader::new(TapeLog::open(name, &paths.tape)?, lock)
    }

    /// Writes a whole tape under its name. It is there whole or not at all.
    ///
    /// # Errors
    ///
    /// The name is taken or in use, or the store can't be written.
    pub fn import(&self, tape: &Tape) -> Result<(), StoreError> {
        self.prepare()?;
        let paths = TapePaths::of(&self.directory, &tape.name);
        let lock = TapeLock::take(&paths, Purpose::Writing)?;
        recover(&paths)?;
        if paths.tape.exists() {
            return Err(StoreError::Exists {
                name: tape.name.clone(),
            });
        }
        let written = TapeLog::import(tape, &paths.new);
        if written.is_err() {
            // The first error is the one to report.
            let _ = remove(&paths.new);
        }
        written?;
        paths.swap()?;
        drop(lock);
        Ok(())
    }

    /// Every tape, in order of names. A store that does not exist has none.
    ///
    /// # Errors
    ///
    /// The directory can't be read. What is wrong with one tape is in its line.
    pub fn list(&self) -> Result<Vec<TapeSummary>, StoreError> {
        Ok(self
            .names()?
            .into_iter()
            .filter_map(|name| {
                let state = match self.stats(&name) {
                    Ok((stats, RecordingEnd::Clean)) => TapeState::Finished(stats),
                    Ok((stats, RecordingEnd::Killed)) => TapeState::Unfinished(stats),
                    Err(StoreError::InUse { pid, .. }) => TapeState::InUse { pid },
                    // Deleted in between.
                    Err(StoreError::NoSuchTape { .. }) => return None,
                    Err(error) => TapeState::Unreadable(with_causes(&error)),
                };
                let bytes = size(&self.directory.join(name.as_str()));
                Some(TapeSummary { name, state, bytes })
            })
            .collect())
    }

    /// Removes a tape, damaged or not.
    ///
    /// # Errors
    ///
    /// There is no such tape, it is in use, or the file system refuses.
    pub fn delete(&self, name: &TapeName) -> Result<(), StoreError> {
        let paths = self.existing(name)?;
        let lock = TapeLock::take(&paths, Purpose::Writing)?;
        paths.delete()?;
        drop(lock);
        Ok(())
    }

    /// How much is on a tape, and how its recording ended.
    fn stats(&self, name: &TapeName) -> Result<(TapeStats, RecordingEnd), StoreError> {
        let (paths, lock) = self.lock_for_reading(name)?;
        // What is on a finished tape is written down; only an unfinished one has to be counted.
        if let Some(stats) = TapeLog::finished(name, &paths.tape)? {
            return Ok((stats, RecordingEnd::Clean));
        }
        let mut log = TapeLog::open(name, &paths.tape)?;
        let scanned = log.check()?;
        log.close()?;
        drop(lock);
        Ok((scanned.stats, scanned.end))
    }

    fn lock_for_reading(&self, name: &TapeName) -> Result<(TapePaths, TapeLock), StoreError> {
        let paths = self.existing(name)?;
        let lock = TapeLock::take(&paths, Purpose::Reading)?;
        recover(&paths)?;
        if paths.tape.exists() {
            Ok((paths, lock))
        } else {
            Err(self.no_such_tape(name))
        }
    }

    fn existing(&self, name: &TapeName) -> Result<TapePaths, StoreError> {
        let paths = TapePaths::of(&self.directory, name);
        if paths.is_taken() {
            Ok(paths)
        } else {
            Err(self.no_such_tape(name))
        }
    }

    fn no_such_tape(&self, name: &TapeName) -> StoreError {
        StoreError::NoSuchTape {
            name: name.clone(),
            directory: self.directory.clone(),
        }
    }

    /// The names of all tapes, those included that a kill left beside their place.
    fn names(&self) -> Result<Vec<TapeName>, StoreError> {
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(StoreError::io("read", &self.directory))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(StoreError::io("read", &self.directory))?;
            let file_name = entry.file_name();
            let Some(text) = file_name.to_str() else {
                continue;
            };
            let text = text
                .strip_prefix('.')
                .and_then(|text| text.strip_suffix(".new").or(text.strip_suffix(".old")))
                .unwrap_or(text);
            if let Ok(name) = text.parse()
                && entry.path().is_dir()
            {
                names.push(name);
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Makes the directory, and a `.gitignore` that keeps it out of commits.
    fn prepare(&self) -> Result<(), StoreError> {
        make_directory(&self.directory)?;
        let ignore = self.directory.join(".gitignore");
        if ignore.exists() {
            return Ok(());
        }
        write_whole(&ignore, b"*\n")
    }
}

fn recover(paths: &TapePaths) -> Result<(), StoreError> {
    paths.recover(|new| has_exchanges(&paths.name, new))
}

fn has_exchanges(name: &TapeName, directory: &Path) -> Result<bool, StoreError> {
    let mut log = TapeLog::open(name, directory)?;
    let has_exchanges = log.has_exchanges()?;
    log.close()?;
    Ok(has_exchanges)
}

/// Whether a tape can be replaced without loss. In doubt it can't.
fn holds_nothing(paths: &TapePaths) -> bool {
    let holds_nothing = match TapeLog::finished(&paths.name, &paths.tape) {
        Ok(Some(stats)) => Ok(stats.exchanges == 0),
        Ok(None) => has_exchanges(&paths.name, &paths.tape).map(|has_exchanges| !has_exchanges),
        Err(error) => Err(error),
    };
    holds_nothing.unwrap_or(false)
}

/// A new tape: in its own place, or beside the one whose place it will take. A kill in here leaves
/// no tape.
fn create(
    paths: TapePaths,
    lock: TapeLock,
    rules: Rules,
    at_finish: AtFinish,
) -> Result<Opened, StoreError> {
    TapeLog::create(&paths.name, &paths.new, &rules)?;
    let directory = match at_finish {
        AtFinish::Stay => {
            paths.swap()?;
            &paths.tape
        }
        AtFinish::TakePlace => &paths.new,
    };
    Ok(Opened {
        log: GrowingLog::begin(&paths.name, directory, 0)?,
        paths,
        lock,
        rules,
        stats: TapeStats::default(),
        at_finish,
    })
}

/// An existing tape, to be continued by its own rules.
fn reopen(paths: TapePaths, lock: TapeLock) -> Result<Opened, StoreError> {
    let mut log = TapeLog::open(&paths.name, &paths.tape)?;
    // An imported tape may have none.
    let rules = log.rules()?.unwrap_or_default();
    let (log, stats) = log.grow()?;
    Ok(Opened {
        paths,
        log,
        lock,
        rules,
        stats,
        at_finish: AtFinish::Stay,
    })
}

/// Bytes of the files in a directory and below; 0 for what can't be read.
fn size(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
