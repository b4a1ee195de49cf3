//! Where exchanges are kept.

use std::future::Future;

use pipetape_tape::{AppendError, NewExchange, TapeWriter};

/// A log of exchanges: the tape, or its twin in memory in tests. Clones write to the same log.
pub(crate) trait ExchangeLog: Clone + Send + Sync + 'static {
    /// The highest number that is durable; 0 where none is.
    fn last_kept(&self) -> u64;

    /// Keeps an exchange; returns its number once it is durable.
    fn append(
        &self,
        exchange: NewExchange,
    ) -> impl Future<Output = Result<u64, AppendError>> + Send;
}

impl ExchangeLog for TapeWriter {
    fn last_kept(&self) -> u64 {
        TapeWriter::last_kept(self)
    }

    fn append(
        &self,
        exchange: NewExchange,
    ) -> impl Future<Output = Result<u64, AppendError>> + Send {
        TapeWriter::append(self, exchange)
    }
}
