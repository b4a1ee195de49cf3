//! What one server allows its clients, in bytes, connections and time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Limits for clients. Each has a default, which a flag of the program may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest request body, in bytes. A larger one is answered with 413.
    pub max_body: usize,
    /// Largest request head (request line and headers), in bytes. A larger one is answered with
    /// 431. At least 8 KiB: a smaller value is taken as that. A head may hold at most 100 headers,
    /// whatever their size.
    pub max_head: usize,
    /// From the first byte of a request to the end of its head. Then: 408.
    pub head_timeout: Duration,
    /// From the end of the head to the end of the body. Then: 408.
    pub body_timeout: Duration,
    /// How long a connection may stay open without a request. Pollers sleep 30 s and more.
    pub idle_timeout: Duration,
    /// How long the client may take no byte of a response that waits to be sent. Then the
    /// connection is reset. The kernel reports progress in steps of up to a megabyte, so with a few
    /// seconds slow readers would be cut too.
    pub write_timeout: Duration,
    /// Connections open at once. Further ones wait in the kernel's queue.
    pub max_connections: usize,
    /// Bytes that all request bodies above 64 KiB may hold together. A body that has to wait for
    /// memory longer than `body_timeout` is answered with 503.
    pub body_budget: usize,
    /// How long a stop waits for calls in flight.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body: 16 * MIB,
            max_head: 64 * KIB,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(5 * 60),
            write_timeout: Duration::from_secs(60),
            max_connections: 2048,
            body_budget: 256 * MIB,
            drain: Duration::from_secs(10),
        }
    }
}

/// Who writes the `Date` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateHeader {
    /// Responses have the date that their service gave them, or none: record and replay.
    AsGiven,
    /// The server adds the current date to a response without one: the emulator.
    Current,
}

/// Memory that large bodies share, so that many at once wait instead of filling it. It is given in
/// the order in which it was asked for.
#[derive(Debug)]
pub struct Budget {
    /// In units of 1 KiB.
    free: Arc<Semaphore>,
    total: u32,
}

/// Memory taken from a [`Budget`], given back when dropped.
#[derive(Debug)]
pub struct Reservation(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Budget {
    /// Bodies up to this size, in bytes, need no reservation: they are a fixed cost of a
    /// connection, like hyper's buffers.
    pub const SMALL: usize = 64 * KIB;

    /// A budget of so many bytes.
    pub fn new(bytes: usize) -> Self {
        let most = Semaphore::MAX_PERMITS.min(u32::MAX as usize);
        // At most `u32::MAX`, so the cast keeps the value.
        let total = (bytes / KIB).clamp(1, most) as u32;
        Self {
            free: Arc::new(Semaphore::new(total as usize)),
            total,
        }
    }

    /// Waits for so many bytes. A body larger than the whole budget waits for all of it.
    ///
    /// If it is not known how large a body will be, reserve its limit at once: bodies that reserve
    /// piece by piece could wait for each other for ever.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future while it waits takes nothing; its place in the queue is lost.
    pub async fn reserve(&self, bytes: usize) -> Option<Reservation> {
        let units =
            u32::try_from(bytes.div_ceil(KIB)).map_or(self.total, |units| units.min(self.total));
        let permit = Arc::clone(&self.free).acquire_many_owned(units).await;
        // An error means a closed semaphore, and this one is never closed.
        permit.ok().map(Reservation)
    }
}
