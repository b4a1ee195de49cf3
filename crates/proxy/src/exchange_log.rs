//! Where exchanges are kept.

use std::future::Future;

use pipetape_tape::{AppendError, NewExchange, TapeWriter};

/// A log of exchanges: the tape, or its twin in memory in tests. Clones write to the same log.
pub(crate) trait ExchangeLog: Clone + Send + Sync + 'static {
    /// The highest number that is durable; 0 where none is.
    fn last_kept(&self) -> u64;

    /// Gives an exchange its place in the order of the log, and leaves it to be made and kept. Waits where the log is
    /// behind. `bytes` is about what the exchange holds. What this gives is the exchange's number, once it is durable.
    fn enqueue(
        &self,
        bytes: usize,
        make: impl FnOnce() -> NewExchange + Send + 'static,
    ) -> impl Future<
        Output = Result<impl Future<Output = Result<u64, AppendError>> + Send, AppendError>,
    > + Send;
}

impl ExchangeLog for TapeWriter {
    fn last_kept(&self) -> u64 {
        TapeWriter::last_kept(self)
    }

    async fn enqueue(
        &self,
        bytes: usize,
        make: impl FnOnce() -> NewExchange + Send + 'static,
    ) -> Result<impl Future<Output = Result<u64, AppendError>> + Send, AppendError> {
        let enqueued = TapeWriter::enqueue(self, bytes, make).await?;
        Ok(enqueued.durable())
    }
}
