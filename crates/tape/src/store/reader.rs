//! Reading a tape, exchange by exchange.

use std::mem;

use bytes::Bytes;

use super::error::StoreError;
use super::lock::TapeLock;
use super::log::{self, Detail, TapeLog};
use super::stats::RecordingEnd;
use crate::exchange::Exchange;
use crate::name::TapeName;
use crate::rules::Rules;

/// Most exchanges in a batch, and most bytes unless one exchange has more.
const MOST: usize = 256;
const FULL: usize = 128 * 1024;

/// An open tape, locked until this is dropped.
pub(crate) struct TapeReader {
    // Before the lock: members are dropped in this order.
    log: TapeLog,
    rules: Option<Rules>,
    _lock: TapeLock,
}

impl TapeReader {
    pub(super) fn new(mut log: TapeLog, lock: TapeLock) -> Result<TapeReader, StoreError> {
        Ok(TapeReader {
            rules: log.rules()?,
            log,
            _lock: lock,
        })
    }

    /// The tape's name.
    pub(crate) fn name(&self) -> &TapeName {
        self.log.name()
    }

    /// The tape's rules; `None` if an imported tape has none.
    pub(crate) fn rules(&self) -> Option<&Rules> {
        self.rules.as_ref()
    }

    /// Calls `each` with all exchanges, in order and in batches as they are encoded, and closes the
    /// tape. Decoding them is the caller's, who may do it on another thread.
    ///
    /// # Errors
    ///
    /// The tape is damaged, or less is there than a clean end had counted; or what `each` returns.
    pub(crate) fn scan<E: From<StoreError>>(
        mut self,
        mut each: impl FnMut(EncodedBatch) -> Result<(), E>,
    ) -> Result<RecordingEnd, E> {
        let mut batch = EncodedBatch::new(self.name());
        let scanned = self.log.scan(|seq, encoded| {
            if !batch.has_room(encoded.len()) {
                let next = EncodedBatch::new(&batch.name);
                each(mem::replace(&mut batch, next))?;
            }
            batch.push(seq, encoded);
            Ok::<_, E>(())
        })?;
        if !batch.ends.is_empty() {
            each(batch)?;
        }
        self.log.close()?;
        Ok(scanned.end)
    }
}

/// Encoded exchanges, one after the other.
pub(crate) struct EncodedBatch {
    /// The tape's.
    name: TapeName,
    bytes: Vec<u8>,
    /// Their numbers, and where each ends.
    ends: Vec<(u64, usize)>,
}

impl EncodedBatch {
    fn new(name: &TapeName) -> EncodedBatch {
        EncodedBatch {
            name: name.clone(),
            bytes: Vec::new(),
            ends: Vec::new(),
        }
    }

    fn has_room(&self, length: usize) -> bool {
        self.ends.is_empty() || self.ends.len() < MOST && self.bytes.len() + length <= FULL
    }

    fn push(&mut self, seq: u64, encoded: &[u8]) {
        if self.ends.is_empty() {
            // No more than that: exchanges keep the memory of their batch.
            self.bytes.reserve_exact(FULL.max(encoded.len()));
        }
        self.bytes.extend_from_slice(encoded);
        self.ends.push((seq, self.bytes.len()));
    }

    /// Decodes one after the other. Their bodies share the memory of the batch.
    ///
    /// # Errors
    ///
    /// An exchange can't be decoded: the tape is damaged.
    pub(crate) fn exchanges(
        self,
        detail: Detail,
    ) -> impl Iterator<Item = Result<Exchange, StoreError>> {
        let EncodedBatch { name, bytes, ends } = self;
        let bytes = Bytes::from(bytes);
        let mut start = 0;
        ends.into_iter().map(move |(seq, end)| {
            let encoded = bytes.slice(start..end);
            start = end;
            log::decode(seq, &encoded, detail).map_err(|damage| StoreError::damaged(&name, damage))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_at_most_so_many_exchanges_and_bytes() {
        let name = "t".parse().unwrap();
        let mut batch = EncodedBatch::new(&name);
        assert!(batch.has_room(FULL + 1), "one is never too large");
        for seq in 1..=MOST as u64 {
            assert!(batch.has_room(5));
            batch.push(seq, b"small");
        }
        assert!(!batch.has_room(5));
        let mut batch = EncodedBatch::new(&name);
        batch.push(1, b"small");
        assert!(batch.has_room(FULL - 5));
        assert!(!batch.has_room(FULL - 4));
    }
}
