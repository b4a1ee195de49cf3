//! Memory that bodies share, so that many at once wait instead of filling it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit in which the budget is kept.
const KIB: usize = 1024;

/// The memory that large bodies share. Room is given in the order in which it was asked for.
#[derive(Debug)]
pub struct Budget {
    room: Arc<Semaphore>,
    total: u32,
}

/// Room taken from a [`Budget`], given back when dropped.
#[derive(Debug)]
pub struct Reservation(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Budget {
    /// Bodies up to this size, in bytes, need no room: a fixed cost of a connection, like hyper's buffers.
    pub const SMALL: usize = 64 * KIB;

    /// A budget of so many bytes.
    pub fn new(bytes: usize) -> Budget {
        let most = Semaphore::MAX_PERMITS.min(u32::MAX as usize);
        // At most `u32::MAX`, so the cast keeps the value.
        let total = (bytes / KIB).clamp(1, most) as u32;
        Budget {
            room: Arc::new(Semaphore::new(total as usize)),
            total,
        }
    }

    /// Waits for room. A body larger than the whole budget waits for all of it.
    ///
    /// Whoever does not know how large a body will be asks for the most at once: were room taken bit by bit,
    /// bodies could wait for each other for ever.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it takes nothing, and loses its place in the queue.
    pub async fn reserve(&self, bytes: usize) -> Option<Reservation> {
        let units =
            u32::try_from(bytes.div_ceil(KIB)).map_or(self.total, |units| units.min(self.total));
        let permit = Arc::clone(&self.room).acquire_many_owned(units).await;
        // An error means a closed semaphore; nobody closes this one.
        permit.ok().map(Reservation)
    }
}
