//! Collecting a request's body, within bounds for one and for all.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connection::progress::{Phase, Progress};
use crate::connection::waker::{Owed, muted};

/// Bodies up to this size need no room in the budget: a fixed cost of a connection, like hyper's buffers.
const SMALL: usize = 64 * 1024;

/// The unit in which the budget is kept.
const KIB: usize = 1024;

/// The memory that large bodies share.
pub(crate) struct Budget {
    room: Arc<Semaphore>,
    total: u32,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Budget {
        let most = Semaphore::MAX_PERMITS.min(u32::MAX as usize);
        // At most `u32::MAX`, so the cast keeps the value.
        let total = (bytes / KIB).clamp(1, most) as u32;
        Budget {
            room: Arc::new(Semaphore::new(total as usize)),
            total,
        }
    }

    /// Waits for room. A body larger than the whole budget waits for all of it.
    async fn reserve(&self, bytes: usize) -> Option<Reservation> {
        let units =
            u32::try_from(bytes.div_ceil(KIB)).map_or(self.total, |units| units.min(self.total));
        let permit = Arc::clone(&self.room).acquire_many_owned(units).await;
        // An error means a closed semaphore; nobody closes this one.
        permit.ok().map(Reservation)
    }
}

/// Room taken from the [`Budget`], given back when dropped.
pub(crate) struct Reservation(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

/// A body, and the room it takes while the call that reads it runs.
pub(crate) struct Collected {
    pub(crate) bytes: Bytes,
    pub(crate) reservation: Option<Reservation>,
}

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is, or says it will be, larger than the limit.
    TooLarge,
    /// It ended early, or its framing is wrong.
    Broken,
}

/// Whether a body announces more than the limit. Asked before the first byte is read, so that a
/// client which waits for `100 Continue` is refused without being told to go on.
pub(crate) fn announces_too_much(body: &Incoming, limit: usize) -> bool {
    body.size_hint().lower() > limit as u64
}

/// Reads a body to its end.
///
/// A body that came with the head in one read is passed on as it lies in hyper's buffer.
pub(crate) async fn collect(
    mut body: Incoming,
    limit: usize,
    budget: &Budget,
    progress: &Progress,
) -> Result<Collected, BodyError> {
    if announces_too_much(&body, limit) {
        return Err(BodyError::TooLarge);
    }
    let announced = body.size_hint().exact();
    // Not above `limit`, which is a `usize`.
    let mut reservation = None;
    if let Some(announced) = announced
        && announced > SMALL as u64
    {
        reservation = wait_for_room(budget, progress, announced as usize).await;
    }
    progress.enter(Phase::Body);

    let Some(first) = next_data(&mut body).await? else {
        return Ok(Collected {
            bytes: Bytes::new(),
            reservation,
        });
    };
    if body.is_end_stream() {
        return Ok(Collected {
            bytes: first,
            reservation,
        });
    }
    let mut bytes =
        BytesMut::with_capacity(announced.map_or(first.len(), |length| length as usize));
    bytes.extend_from_slice(&first);
    drop(first);
    while let Some(data) = next_data(&mut body).await? {
        let length = bytes.len() + data.len();
        if length > limit {
            return Err(BodyError::TooLarge);
        }
        // A chunked body does not say how large it will be. It takes the most it may need at once:
        // were it to take room bit by bit, bodies could wait for each other for ever.
        if length > SMALL && reservation.is_none() {
            reservation = wait_for_room(budget, progress, limit).await;
            progress.enter(Phase::Body);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Collected {
        bytes: bytes.freeze(),
        reservation,
    })
}

async fn wait_for_room(budget: &Budget, progress: &Progress, bytes: usize) -> Option<Reservation> {
    progress.enter(Phase::Room);
    budget.reserve(bytes).await
}

/// The next piece of data; trailers are passed over.
async fn next_data(body: &mut Incoming) -> Result<Option<Bytes>, BodyError> {
    loop {
        match poll_fn(|cx| poll_frame(body, cx)).await {
            None => return Ok(None),
            Some(Err(_)) => return Err(BodyError::Broken),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Polls for a frame; behind the last one, hyper is not woken to read another (see `waker`).
fn poll_frame(
    body: &mut Incoming,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
    let (polled, owed) = muted(|| Pin::new(&mut *body).poll_frame(cx));
    // hyper sets an announced body's end before it hands out the last piece, so nothing of its own waits then.
    let is_last = polled.is_ready() && body.is_end_stream();
    if owed == Owed::Wake && !is_last {
        cx.waker().wake_by_ref();
    }
    polled
}
