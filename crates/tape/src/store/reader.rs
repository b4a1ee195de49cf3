//! Reading a tape from its database: one scan, in order.

use std::path::Path;

use super::engine::Database;
use super::error::StoreError;
use super::facts::TapeFacts;
use super::layout::Assembly;
use super::stored;
use crate::exchange::Exchange;
use crate::name::TapeName;
use crate::rules::Rules;

/// What a scan found.
pub(super) struct Scanned<T> {
    /// What was made of rules and exchanges.
    pub(super) made: T,
    pub(super) facts: TapeFacts,
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
    let finished = TapeFacts::read(name, directory)?;
    let rules = database
        .rules()?
        .ok_or_else(|| StoreError::damaged(name, "its rules are missing"))?;
    let rules = stored::decode_rules(&rules).map_err(|reason| StoreError::damaged(name, reason))?;
    let mut made = begin(rules);
    let mut facts = TapeFacts::default();
    let mut assembly = Assembly::default();
    database.scan(|key, value| {
        if let Some((seq, encoded)) = assembly.take(key, value)? {
            let exchange = stored::decode(seq, encoded)?;
            facts.count(&exchange);
            each(&mut made, exchange);
        }
        Ok(())
    })?;
    assembly
        .must_be_whole()
        .map_err(|reason| StoreError::damaged(name, reason))?;
    if let Some(finished) = finished
        && finished != facts
    {
        let reason = format!(
            "{} exchanges were written and {} are left",
            finished.exchanges, facts.exchanges
        );
        return Err(StoreError::damaged(name, reason));
    }
    Ok(Scanned {
        made,
        facts,
        is_finished: finished.is_some(),
    })
}
