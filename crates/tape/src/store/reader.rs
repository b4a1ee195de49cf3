//! Reading a tape: one scan of its database, in order, and what its journal has behind that.

use std::path::Path;

use bytes::Bytes;

use super::engine::Database;
use super::error::StoreError;
use super::journal;
use super::layout::Unpacking;
use super::stats::TapeStats;
use super::stored::{self, Detail};
use crate::exchange::Exchange;
use crate::name::TapeName;
use crate::rules::Rules;

/// What a scan found.
pub(super) struct Scanned<T> {
    /// What was made of rules and exchanges.
    pub(super) made: T,
    pub(super) stats: TapeStats,
    /// The last exchange that is in the database; those behind it are in the journal.
    pub(super) last_in_database: u64,
    /// Whether the recording had a clean end.
    pub(super) is_finished: bool,
}

/// Scans an open database: hands its rules to `begin`, and each exchange to `each` with what `begin` made.
///
/// # Errors
///
/// Something on the tape can't be what was written, or less is there than a clean end had counted.
pub(super) fn scan<T>(
    name: &TapeName,
    directory: &Path,
    database: &mut Database,
    begin: impl FnOnce(Option<Rules>) -> T,
    mut each: impl FnMut(&mut T, Exchange),
) -> Result<Scanned<T>, StoreError> {
    let mut made = begin(rules(name, database)?);
    let mut stats = TapeStats::default();
    let last_in_database = scan_encoded(name, directory, database, |seq, encoded| {
        let encoded = Bytes::copy_from_slice(encoded);
        let exchange = stored::decode(seq, &encoded, Detail::Everything)?;
        stats.count(&exchange);
        each(&mut made, exchange);
        Ok(())
    })?;
    conclude(name, directory, made, stats, last_in_database)
}

/// The rules of an open tape.
pub(super) fn rules(name: &TapeName, database: &mut Database) -> Result<Option<Rules>, StoreError> {
    let rules = database
        .rules()?
        .ok_or_else(|| StoreError::damaged(name, "its rules are missing"))?;
    stored::decode_rules(&rules).map_err(|reason| StoreError::damaged(name, reason))
}

/// Hands each exchange, in order and as it is encoded, to `each`; gives the last one that is in the database.
///
/// # Errors
///
/// What is there can't be what was written, or `each` says so.
pub(super) fn scan_encoded(
    name: &TapeName,
    directory: &Path,
    database: &mut Database,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), String>,
) -> Result<u64, StoreError> {
    let mut unpacking = Unpacking::default();
    database.scan(|key, value| unpacking.take(key, value, &mut each))?;
    let damaged = |reason| StoreError::damaged(name, reason);
    unpacking.must_be_whole().map_err(damaged)?;
    let last_in_database = unpacking.last();
    journal::read(name, directory, last_in_database, |seq, encoded| {
        each(seq, encoded).map_err(damaged)
    })?;
    Ok(last_in_database)
}

/// What a scan found, held against what a clean end had counted.
pub(super) fn conclude<T>(
    name: &TapeName,
    directory: &Path,
    made: T,
    stats: TapeStats,
    last_in_database: u64,
) -> Result<Scanned<T>, StoreError> {
    let finished = TapeStats::read(name, directory)?;
    if let Some(finished) = finished
        && finished != stats
    {
        let reason = format!(
            "{} exchanges were written and {} are left",
            finished.exchanges, stats.exchanges
        );
        return Err(StoreError::damaged(name, reason));
    }
    Ok(Scanned {
        made,
        stats,
        last_in_database,
        is_finished: finished.is_some(),
    })
}

/// Whether an open tape has any exchange.
pub(super) fn has_exchanges(
    name: &TapeName,
    directory: &Path,
    database: &mut Database,
) -> Result<bool, StoreError> {
    let mut found = database.has_exchanges()?;
    if !found {
        journal::read(name, directory, 0, |_, _| {
            found = true;
            Ok(())
        })?;
    }
    Ok(found)
}
