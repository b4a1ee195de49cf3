//! Exchanges on their way into a database, many at a time: what sled takes, it takes by the batch and by the entry.

use std::path::Path;

use sled::Batch;

use super::engine::Database;
use super::error::StoreError;
use super::journal;
use super::layout::Packing;
use crate::name::TapeName;

/// How many bytes come together in a batch, which sled holds in memory until it is written.
const FULL: usize = 4 * 1024 * 1024;

/// Puts exchanges into a database. They are durable once it is closed.
pub(super) struct BulkLoad<'a> {
    database: &'a mut Database,
    packing: Packing,
    batch: Batch,
    bytes: usize,
}

impl<'a> BulkLoad<'a> {
    pub(super) fn into(database: &'a mut Database) -> BulkLoad<'a> {
        BulkLoad {
            database,
            packing: Packing::default(),
            batch: Batch::default(),
            bytes: 0,
        }
    }

    /// Takes the next exchange, encoded: at most [`LONGEST`](super::layout::LONGEST) bytes.
    pub(super) fn push(&mut self, seq: u64, encoded: &[u8]) -> Result<(), StoreError> {
        let batch = &mut self.batch;
        self.packing
            .push(seq, encoded, |key, value| batch.insert(key, value));
        self.bytes += encoded.len();
        if self.bytes < FULL {
            return Ok(());
        }
        self.bytes = 0;
        self.database.apply(std::mem::take(&mut self.batch))
    }

    /// Writes what waits.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        let batch = &mut self.batch;
        self.packing.finish(|key, value| batch.insert(key, value));
        self.database.apply(self.batch)
    }
}

/// Brings what the journal in a tape's directory has behind exchange `last`, the last one in the tape's database, into
/// that database, and closes it. Then the journal goes. Killed on the way, the tape has every exchange all the same.
pub(super) fn load_journal(
    name: &TapeName,
    directory: &Path,
    mut database: Database,
    last: u64,
) -> Result<(), StoreError> {
    let mut load = BulkLoad::into(&mut database);
    journal::read(name, directory, last, |seq, encoded| {
        load.push(seq, encoded)
    })?;
    load.finish()?;
    database.close()?;
    journal::remove(directory)
}
