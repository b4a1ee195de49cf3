//! How long an upstream may take, our own delays aside.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// The time is over.
#[derive(Debug)]
pub(super) struct Late;

/// The end of an exchange's time.
#[derive(Debug)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn after(time: Duration) -> Deadline {
        Deadline(Instant::now() + time)
    }

    /// Waits for upstream.
    pub(super) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Late> {
        timeout_at(self.0, work).await.map_err(|_| Late)
    }

    /// Waits for something that upstream is not to blame for.
    pub(super) async fn put_off_by<T>(&mut self, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = work.await;
        self.0 += began.elapsed();
        done
    }
}
