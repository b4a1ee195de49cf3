//! The store as its users see it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use pipetape_core::causes::with_causes;

use super::bulk_load::{BulkLoad, load_journal};
use super::engine::Database;
use super::error::StoreError;
use super::journal::Journal;
use super::lock::{LockError, Purpose, TapeLock};
use super::paths::{
    TapePaths, make_directory, make_tape_directory, remove, tighten, write_version, write_whole,
};
use super::player_scan::{self, Work};
use super::reader::{self, Scanned};
use super::stats::TapeStats;
use super::writer::{AtFinish, Opened, TapeWriter};
use super::{layout, stored};
use crate::exchange::Exchange;
use crate::name::TapeName;
use crate::rules::Rules;
use crate::tape::Tape;

/// A directory of tapes. Making the value touches nothing; the directory is made by whatever first
/// writes a tape.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
}

/// What to do where a tape of that name exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum RecordMode {
    /// Refuse, unless nothing is on it.
    #[default]
    Fresh,
    /// Record beside it, and take its place at a clean end.
    Overwrite,
    /// Go on behind its last exchange, by its own rules. Where there is none, begin one.
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
        /// The process, where it could be found out.
        pid: Option<u32>,
    },
    /// It can't be read: an error in words, its causes included.
    Unreadable(String),
}

/// How the recording of a tape ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingEnd {
    /// The recorder closed the tape.
    Clean,
    /// It was killed: what its clients saw is there, and an appending recording goes on with it.
    Killed,
}

impl Store {
    /// The store in `directory`.
    pub fn new(directory: impl Into<PathBuf>) -> Store {
        Store {
            directory: directory.into(),
        }
    }

    /// Where it lies.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Opens a tape for recording, and keeps every other process from it. `rules` hold for a new tape.
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
        let lock = take(&paths, Purpose::Writing)?;
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
        let begin = |rules| Tape {
            name: name.clone(),
            rules,
            exchanges: Vec::new(),
        };
        let each = |tape: &mut Tape, exchange| tape.exchanges.push(exchange);
        let scanned = self.read(name, begin, each)?;
        let end = match scanned.is_finished {
            true => RecordingEnd::Clean,
            false => RecordingEnd::Killed,
        };
        Ok((scanned.made, end))
    }

    /// Reads a tape for a player, exchange by exchange and without the requests' headers, and lets go of it: `begin`
    /// says by its rules what is made of it. For tapes too large to be in memory as a [`Tape`].
    ///
    /// # Errors
    ///
    /// As of [`load`](Store::load); what was made so far is dropped.
    pub(crate) fn read_for_player<T, P, R, E>(
        &self,
        name: &TapeName,
        begin: impl FnOnce(Option<Rules>) -> Work<T, P, E>,
    ) -> Result<T, StoreError>
    where
        T: Send,
        P: Fn(&Exchange) -> R + Sync,
        R: Send,
        E: FnMut(&mut T, &Exchange, R) + Send,
    {
        let scanned = self.with_database(name, |directory, database| {
            player_scan::scan(name, directory, database, begin)
        })?;
        Ok(scanned.made)
    }

    /// Writes a whole tape under its name. It is there whole or not at all.
    ///
    /// # Errors
    ///
    /// The name is taken or in use, or the store can't be written.
    pub fn import(&self, tape: &Tape) -> Result<(), StoreError> {
        self.prepare()?;
        let paths = TapePaths::of(&self.directory, &tape.name);
        let lock = take(&paths, Purpose::Writing)?;
        recover(&paths)?;
        if paths.tape.exists() {
            return Err(StoreError::Exists {
                name: tape.name.clone(),
            });
        }
        let written = write_tape(&paths, tape);
        if written.is_err() {
            // The error that counts is the first one.
            let _ = remove(&paths.new);
        }
        written?;
        paths.swap()?;
        drop(lock);
        Ok(())
    }

    /// Every tape, by name. A store that is not there has none.
    ///
    /// # Errors
    ///
    /// The directory can't be read. What is wrong with one tape is said in its line.
    pub fn list(&self) -> Result<Vec<TapeSummary>, StoreError> {
        Ok(self
            .names()?
            .into_iter()
            .filter_map(|name| {
                let state = match self.stats(&name) {
                    Ok((stats, true)) => TapeState::Finished(stats),
                    Ok((stats, false)) => TapeState::Unfinished(stats),
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

    /// Removes a tape.
    ///
    /// # Errors
    ///
    /// There is no such tape, it is in use, or the file system refuses. A damaged tape is removed like any other.
    pub fn delete(&self, name: &TapeName) -> Result<(), StoreError> {
        let paths = self.existing(name)?;
        let lock = take(&paths, Purpose::Writing)?;
        paths.delete()?;
        drop(lock);
        Ok(())
    }

    /// How much is on a tape, and whether its recording had a clean end.
    fn stats(&self, name: &TapeName) -> Result<(TapeStats, bool), StoreError> {
        let paths = self.existing(name)?;
        let lock = take(&paths, Purpose::Reading)?;
        recover(&paths)?;
        check_layout(&paths.name, &paths.tape)?;
        // What is on a finished tape is written down; only an unfinished one has to be counted.
        if let Some(stats) = TapeStats::read(name, &paths.tape)? {
            return Ok((stats, true));
        }
        drop(lock);
        let scanned = self.read(name, drop, |(), _| ())?;
        Ok((scanned.stats, scanned.is_finished))
    }

    fn read<T>(
        &self,
        name: &TapeName,
        begin: impl FnOnce(Option<Rules>) -> T,
        each: impl FnMut(&mut T, Exchange),
    ) -> Result<Scanned<T>, StoreError> {
        self.with_database(name, |directory, database| {
            reader::scan(name, directory, database, begin, each)
        })
    }

    /// Opens a tape for reading, and lets go of it.
    fn with_database<T>(
        &self,
        name: &TapeName,
        work: impl FnOnce(&Path, &mut Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let paths = self.existing(name)?;
        let lock = take(&paths, Purpose::Reading)?;
        recover(&paths)?;
        if !paths.tape.exists() {
            return Err(self.no_such_tape(name));
        }
        check_layout(name, &paths.tape)?;
        let mut database = Database::open(name, &paths.tape)?;
        let read = work(&paths.tape, &mut database)?;
        database.close()?;
        tighten(&paths.tape)?;
        drop(lock);
        Ok(read)
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

    /// The names of what is there: tapes, and what a kill left on its way to be one.
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

    /// Makes the directory, and keeps it out of commits.
    fn prepare(&self) -> Result<(), StoreError> {
        make_directory(&self.directory)?;
        let ignore = self.directory.join(".gitignore");
        if ignore.exists() {
            return Ok(());
        }
        write_whole(&ignore, b"*\n")
    }
}

fn take(paths: &TapePaths, purpose: Purpose) -> Result<TapeLock, StoreError> {
    TapeLock::take(&paths.lock, purpose).map_err(|error| match error {
        LockError::Held { pid } => StoreError::InUse {
            name: paths.name.clone(),
            pid,
        },
        LockError::Io(source) => StoreError::io("lock", &paths.lock)(source),
    })
}

fn recover(paths: &TapePaths) -> Result<(), StoreError> {
    paths.recover(|new| {
        check_layout(&paths.name, new)?;
        let mut database = Database::open(&paths.name, new)?;
        let has_exchanges = reader::has_exchanges(&paths.name, new, &mut database)?;
        database.close()?;
        Ok(has_exchanges)
    })
}

/// Whether a tape can be begun anew without loss. Whatever is in doubt holds something.
fn holds_nothing(paths: &TapePaths) -> bool {
    let look = || -> Result<bool, StoreError> {
        check_layout(&paths.name, &paths.tape)?;
        if let Some(stats) = TapeStats::read(&paths.name, &paths.tape)? {
            return Ok(stats.exchanges == 0);
        }
        let mut database = Database::open(&paths.name, &paths.tape)?;
        let has_exchanges = reader::has_exchanges(&paths.name, &paths.tape, &mut database)?;
        database.close()?;
        Ok(!has_exchanges)
    };
    look().unwrap_or(false)
}

/// The version of a tape's layout. Refuses what this build does not know, before sled touches it.
fn check_layout(name: &TapeName, directory: &Path) -> Result<u32, StoreError> {
    let path = directory.join("layout");
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(StoreError::damaged(name, "its file `layout` is missing"));
        }
        text => text.map_err(StoreError::io("read", &path))?,
    };
    match layout::read_version(&text) {
        Some(found) if found > layout::VERSION => Err(StoreError::Newer {
            name: name.clone(),
            found,
            supported: layout::VERSION,
        }),
        Some(found) if found > 0 => Ok(found),
        _ => Err(StoreError::damaged(name, "its file `layout` can't be read")),
    }
}

/// A new tape: in its own place, or beside the one whose place it will take. A kill in here leaves no tape.
fn create(
    paths: TapePaths,
    lock: TapeLock,
    rules: Rules,
    at_finish: AtFinish,
) -> Result<Opened, StoreError> {
    create_database(&paths, Some(&rules))?.close()?;
    write_version(&paths.new)?;
    let mut directory = &paths.new;
    if at_finish == AtFinish::Stay {
        paths.swap()?;
        directory = &paths.tape;
    }
    let journal = Journal::begin(directory)?;
    tighten(directory)?;
    Ok(Opened {
        paths,
        journal,
        lock,
        rules,
        stats: TapeStats::default(),
        at_finish,
    })
}

/// A database with its rules, at the place of what is new.
fn create_database(paths: &TapePaths, rules: Option<&Rules>) -> Result<Database, StoreError> {
    make_tape_directory(&paths.new)?;
    let encoded =
        stored::encode_rules(rules).map_err(|reason| StoreError::damaged(&paths.name, reason))?;
    let mut database = Database::open(&paths.name, &paths.new)?;
    database.write_rules(&encoded)?;
    tighten(&paths.new)?;
    Ok(database)
}

/// An existing tape, to be gone on with by its own rules.
fn reopen(paths: TapePaths, lock: TapeLock) -> Result<Opened, StoreError> {
    let version = check_layout(&paths.name, &paths.tape)?;
    let mut database = Database::open(&paths.name, &paths.tape)?;
    let rules = |rules: Option<Rules>| rules;
    let scanned = reader::scan(&paths.name, &paths.tape, &mut database, rules, |_, _| ())?;
    TapeStats::clear(&paths.tape)?;
    // Before the first entry that an older build would not understand.
    if version < layout::VERSION {
        write_version(&paths.tape)?;
    }
    load_journal(&paths.name, &paths.tape, database, scanned.last_in_database)?;
    let journal = Journal::begin(&paths.tape)?;
    tighten(&paths.tape)?;
    Ok(Opened {
        paths,
        journal,
        lock,
        // A tape written by hand may have none.
        rules: scanned.made.unwrap_or_default(),
        stats: scanned.stats,
        at_finish: AtFinish::Stay,
    })
}

/// Writes a whole tape beside its place.
fn write_tape(paths: &TapePaths, tape: &Tape) -> Result<(), StoreError> {
    let name = &paths.name;
    let database = create_database(paths, tape.rules.as_ref())?;
    let mut stats = TapeStats::default();
    let mut load = BulkLoad::into(database);
    for exchange in &tape.exchanges {
        let encoded = stored::encode(exchange)
            .ok()
            .filter(|encoded| encoded.len() <= layout::LONGEST)
            .ok_or_else(|| StoreError::damaged(name, "an exchange is too large for the store"))?;
        load.push(exchange.seq, &encoded)?;
        stats.count(exchange);
    }
    load.finish()?;
    stats.write(&paths.new)?;
    tighten(&paths.new)?;
    write_version(&paths.new)
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
