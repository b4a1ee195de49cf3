//! An exchange on its way to a tape, in the hands of the thread that writes.

use tokio::sync::oneshot;

use super::error::AppendError;
use crate::new_exchange::NewExchange;

/// Becomes an exchange on the writer's thread, and is told there how that went: the work that an exchange takes is
/// not taken from who serves connections.
///
/// Dropped untold, it was not written: its writer has ended.
pub trait PendingExchange: Send + 'static {
    /// Makes the exchange. Called once, in the order of the tape, also where the tape can no longer be written.
    fn make(&mut self) -> NewExchange;

    /// Tells what became of the exchange: its number, once it survives the end of the process, or why it was not
    /// written.
    fn written(self: Box<Self>, written: Result<u64, AppendError>);
}

/// An exchange that is ready, and who waits for it.
pub(super) struct Ready {
    pub(super) exchange: Option<NewExchange>,
    pub(super) written: oneshot::Sender<Result<u64, AppendError>>,
}

impl PendingExchange for Ready {
    #[expect(
        clippy::expect_used,
        reason = "called once, see `PendingExchange::make`"
    )]
    fn make(&mut self) -> NewExchange {
        self.exchange.take().expect("an exchange is made once")
    }

    fn written(self: Box<Self>, written: Result<u64, AppendError>) {
        // Who asked may be gone.
        let _ = self.written.send(written);
    }
}
