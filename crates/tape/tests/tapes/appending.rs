//! Appends one exchange and waits for it, as a recorder does for each of its clients.

use pipetape_tape::{AppendError, NewExchange, PendingExchange, TapeWriter};
use tokio::sync::oneshot;

/// Gives the exchange's number, once it survives the end of the process.
pub(crate) async fn append_one(
    writer: &TapeWriter,
    exchange: NewExchange,
) -> Result<u64, AppendError> {
    let (to, written) = oneshot::channel();
    writer.enqueue(Ready {
        exchange: Some(exchange),
        to,
    });
    written.await.unwrap()
}

struct Ready {
    exchange: Option<NewExchange>,
    to: oneshot::Sender<Result<u64, AppendError>>,
}

impl PendingExchange for Ready {
    fn make(&mut self) -> NewExchange {
        self.exchange.take().unwrap()
    }

    fn written(self: Box<Self>, written: Result<u64, AppendError>) {
        self.to.send(written).unwrap();
    }
}
