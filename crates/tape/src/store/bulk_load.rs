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
/// From how many bytes on the next open is made quick.
const LARGE: usize = 64 * 1024 * 1024;

/// Puts exchanges into a database. They are durable once it has finished.
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

    /// Takes the next exchange, encoded: at most [`LONGEST`](super::layout::LONGEST) bytes.
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
        self.database.apply(std::mem::take(&mut self.batch))
    }

    /// Writes what waits, and closes the database.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        let batch = &mut self.batch;
        self.packing.finish(|key, value| batch.insert(key, value));
        self.database.apply(self.batch)?;
        if self.loaded < LARGE {
            self.database.close()
        } else {
            self.database.close_summed_up()
        }
    }
}

/// Brings what the journal in a tape's directory has behind exchange `last`, the last one in the tape's database, into
/// that database, and closes it. Then the journal goes. Killed on the way, the tape has every exchange all the same.
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
