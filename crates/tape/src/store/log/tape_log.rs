//! The log of a tape that is not being recorded.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::codec::{self, Detail, TooLarge};
use super::engine::{BulkLoad, Database};
use super::entries::Unpacking;
use super::growing::{GrowingLog, load_journal};
use super::{journal, marks};
use crate::exchange::Tape;
use crate::name::TapeName;
use crate::rules::Rules;
use crate::store::damage::Damage;
use crate::store::error::StoreError;
use crate::store::files::{make_directory, remove, tighten};
use crate::store::stats::{RecordingEnd, TapeStats};

/// An open log. Everything is done under the tape's lock.
pub(in crate::store) struct TapeLog {
    name: TapeName,
    directory: PathBuf,
    version: u32,
    database: Database,
}

/// What a scan found.
pub(in crate::store) struct Scanned {
    pub(in crate::store) stats: TapeStats,
    pub(in crate::store) end: RecordingEnd,
    /// The last exchange that is in the database.
    last_loaded: u64,
}

impl TapeLog {
    /// Makes a log without exchanges. A kill in here leaves a directory that is not a tape.
    pub(in crate::store) fn create(
        name: &TapeName,
        directory: &Path,
        rules: &Rules,
    ) -> Result<(), StoreError> {
        create_database(name, directory, Some(rules))?.close()?;
        marks::mark_whole(directory)
    }

    /// Makes a log with all of a tape, finished. A kill in here leaves a directory that is not a
    /// tape.
    pub(in crate::store) fn import(tape: &Tape, directory: &Path) -> Result<(), StoreError> {
        let name = &tape.name;
        let database = create_database(name, directory, tape.rules.as_ref())?;
        let mut load = BulkLoad::into(database);
        let mut stats = TapeStats::default();
        for exchange in &tape.exchanges {
            let encoded = codec::encode(exchange).map_err(too_large(name))?;
            load.push(exchange.seq, &encoded)?;
            stats.count(exchange.seq, exchange.recorded_at);
        }
        load.finish()?;
        marks::mark_finished(directory, &stats)?;
        tighten(directory)?;
        marks::mark_whole(directory)
    }

    /// What was counted at a clean end; `None` if there was none. Opens nothing.
    ///
    /// # Errors
    ///
    /// The tape is damaged, or a newer pipetape wrote it.
    pub(in crate::store) fn finished(
        name: &TapeName,
        directory: &Path,
    ) -> Result<Option<TapeStats>, StoreError> {
        marks::version(name, directory)?;
        marks::finished(name, directory)
    }

    /// Opens the log in `directory`.
    ///
    /// # Errors
    ///
    /// It is damaged, or a newer pipetape wrote it, which is found out before sled touches it.
    pub(in crate::store) fn open(name: &TapeName, directory: &Path) -> Result<TapeLog, StoreError> {
        Ok(TapeLog {
            version: marks::version(name, directory)?,
            database: Database::open(name, directory)?,
            name: name.clone(),
            directory: directory.to_owned(),
        })
    }

    /// The tape's name.
    pub(in crate::store) fn name(&self) -> &TapeName {
        &self.name
    }

    /// The rules; `None` if an imported tape has none.
    pub(in crate::store) fn rules(&mut self) -> Result<Option<Rules>, StoreError> {
        let encoded = self.database.rules()?;
        encoded
            .ok_or(Damage::MissingRules)
            .and_then(|encoded| codec::decode_rules(&encoded))
            .map_err(|damage| StoreError::damaged(&self.name, damage))
    }

    /// Whether there is any exchange.
    pub(in crate::store) fn has_exchanges(&mut self) -> Result<bool, StoreError> {
        let mut found = self.database.has_exchanges()?;
        if !found {
            journal::read(&self.name, &self.directory, 0, |_, _| {
                found = true;
                Ok::<_, StoreError>(())
            })?;
        }
        Ok(found)
    }

    /// Calls `each` with every exchange, in order: its number and its encoded form.
    ///
    /// # Errors
    ///
    /// The log is damaged, or less is there than a clean end had counted; or what `each` returns.
    pub(in crate::store) fn scan<E: From<StoreError>>(
        &mut self,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<Scanned, E> {
        let name = &self.name;
        let damaged = |damage| StoreError::damaged(name, damage);
        let mut stats = TapeStats::default();
        let mut take = |seq, encoded: &[u8]| -> Result<(), E> {
            stats.count(seq, codec::recorded_at(seq, encoded).map_err(damaged)?);
            each(seq, encoded)
        };
        let mut unpacking = Unpacking::default();
        self.database.scan(|key, value| {
            let mut taken = Ok(());
            let unpacked = unpacking.take(key, value, |seq, encoded| {
                if taken.is_ok() {
                    taken = take(seq, encoded);
                }
            });
            taken?;
            unpacked.map_err(damaged)?;
            Ok::<_, E>(())
        })?;
        unpacking.must_be_whole().map_err(damaged)?;
        let last_loaded = unpacking.last();
        journal::read(name, &self.directory, last_loaded, take)?;
        let end = match marks::finished(name, &self.directory)? {
            None => RecordingEnd::Killed,
            Some(finished) if finished == stats => RecordingEnd::Clean,
            Some(finished) => {
                let (written, left) = (finished.exchanges, stats.exchanges);
                return Err(damaged(Damage::Count { written, left }).into());
            }
        };
        Ok(Scanned {
            stats,
            end,
            last_loaded,
        })
    }

    /// Reads and decodes all of it, and keeps nothing.
    pub(in crate::store) fn check(&mut self) -> Result<Scanned, StoreError> {
        let name = self.name.clone();
        self.scan(|seq, encoded| {
            let encoded = Bytes::copy_from_slice(encoded);
            codec::decode(seq, &encoded, Detail::Everything)
                .map(drop)
                .map_err(|damage| StoreError::damaged(&name, damage))
        })
    }

    /// Opens it for a recording, after its last exchange. Gives what is on it already.
    pub(in crate::store) fn grow(mut self) -> Result<(GrowingLog, TapeStats), StoreError> {
        let Scanned {
            stats, last_loaded, ..
        } = self.check()?;
        marks::clear_finished(&self.directory)?;
        // Before the first entry that an older build would not understand.
        if self.version < marks::VERSION {
            marks::mark_whole(&self.directory)?;
        }
        load_journal(&self.name, &self.directory, self.database, last_loaded)?;
        let log = GrowingLog::begin(&self.name, &self.directory, stats.last_seq)?;
        Ok((log, stats))
    }

    /// Closes it.
    pub(in crate::store) fn close(self) -> Result<(), StoreError> {
        self.database.close()?;
        tighten(&self.directory)
    }
}

/// A database with rules in a new directory. What a killed attempt left there is removed.
fn create_database(
    name: &TapeName,
    directory: &Path,
    rules: Option<&Rules>,
) -> Result<Database, StoreError> {
    let encoded = codec::encode_rules(rules).map_err(too_large(name))?;
    remove(directory)?;
    make_directory(directory)?;
    let mut database = Database::open(name, directory)?;
    database.write_rules(&encoded)?;
    tighten(directory)?;
    Ok(database)
}

fn too_large(name: &TapeName) -> impl FnOnce(TooLarge) -> StoreError {
    let name = name.clone();
    |TooLarge| StoreError::TooLarge { name }
}
