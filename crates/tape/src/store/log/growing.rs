//! The log of a tape while it is recorded.

use std::path::{Path, PathBuf};

use super::engine::{BulkLoad, Database};
use super::journal::{self, Journal, Records};
use super::marks;
use crate::name::TapeName;
use crate::store::error::StoreError;
use crate::store::files::tighten;
use crate::store::stats::TapeStats;

/// A log that exchanges are appended to. Dropped without [`close`](GrowingLog::close), it keeps all
/// of them and is unfinished.
#[derive(Debug)]
pub(in crate::store) struct GrowingLog {
    name: TapeName,
    directory: PathBuf,
    journal: Journal,
    /// The last exchange that is in the database.
    last_loaded: u64,
}

impl GrowingLog {
    /// Begins to append after exchange `last`. All that is on the tape has to be in the database.
    pub(in crate::store) fn begin(
        name: &TapeName,
        directory: &Path,
        last: u64,
    ) -> Result<GrowingLog, StoreError> {
        let journal = Journal::begin(directory)?;
        tighten(directory)?;
        Ok(GrowingLog {
            name: name.clone(),
            directory: directory.to_owned(),
            journal,
            last_loaded: last,
        })
    }

    /// Appends exchanges, all or none. They survive the end of the process from here on, and soon a
    /// loss of power.
    pub(in crate::store) fn append(&mut self, records: &Records) -> Result<(), StoreError> {
        self.journal.append(records)
    }

    /// Ends the recording: all that was appended becomes durable for good, and the tape is marked
    /// as finished.
    pub(in crate::store) fn close(self, stats: &TapeStats) -> Result<(), StoreError> {
        let database = Database::open(&self.name, &self.directory)?;
        load_journal(&self.name, &self.directory, database, self.last_loaded)?;
        marks::mark_finished(&self.directory, stats)?;
        tighten(&self.directory)
    }
}

/// Moves what the journal has after exchange `last`, the last one in the database, to the database,
/// and closes it. After a kill on the way the tape still has every exchange.
pub(super) fn load_journal(
    name: &TapeName,
    directory: &Path,
    database: Database,
    last: u64,
) -> Result<(), StoreError> {
    let mut load = BulkLoad::into(database);
    journal::read(name, directory, last, |seq, encoded| {
        load.push(seq, encoded)
    })?;
    load.finish()?;
    journal::remove(directory)
}
