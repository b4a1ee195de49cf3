//! Where exchanges are kept.

use pipetape_tape::{PendingExchange, TapeWriter};

/// A log of exchanges: the tape, or its twin in memory in tests. Clones write to the same log.
pub(crate) trait ExchangeLog: Clone + Send + Sync + 'static {
    /// The highest number that is durable; 0 where none is.
    fn last_kept(&self) -> u64;

    /// Gives an exchange its place in the order of the log, and leaves it to be made and kept. A log that has ended drops
    /// the pending exchange unreported.
    fn enqueue(&self, pending: impl PendingExchange);
}

impl ExchangeLog for TapeWriter {
    fn last_kept(&self) -> u64 {
        TapeWriter::last_kept(self)
    }

    fn enqueue(&self, pending: impl PendingExchange) {
        TapeWriter::enqueue(self, pending);
    }
}
