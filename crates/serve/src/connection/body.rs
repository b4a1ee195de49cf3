//! Collecting a request's body, within bounds for one and for all.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use hyper::body::Incoming;

use crate::budget::{Budget, Reservation};
use crate::connection::progress::{Phase, Progress};

/// A body, and the room it takes while the call that reads it runs.
#[derive(Default)]
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
    body: &mut Incoming,
    limit: usize,
    budget: &Budget,
    progress: &Progress,
) -> Result<Collected, BodyError> {
    if body.is_end_stream() {
        return Ok(Collected::default());
    }
    if announces_too_much(body, limit) {
        return Err(BodyError::TooLarge);
    }
    let announced = body.size_hint().exact();
    // Not above `limit`, which is a `usize`.
    let mut reservation = None;
    if let Some(announced) = announced
        && announced > Budget::SMALL as u64
    {
        reservation = Box::pin(wait_for_room(budget, progress, announced as usize)).await;
    }
    progress.enter(Phase::Body);

    let Some(first) = next_data(body).await? else {
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
    while let Some(data) = next_data(body).await? {
        let length = bytes.len() + data.len();
        if length > limit {
            return Err(BodyError::TooLarge);
        }
        // A chunked body does not say how large it will be.
        if length > Budget::SMALL && reservation.is_none() {
            reservation = Box::pin(wait_for_room(budget, progress, limit)).await;
            progress.enter(Phase::Body);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Collected {
        bytes: bytes.freeze(),
        reservation,
    })
}

/// Boxed by its callers: most bodies are too small to wait.
async fn wait_for_room(budget: &Budget, progress: &Progress, bytes: usize) -> Option<Reservation> {
    progress.enter(Phase::Room);
    budget.reserve(bytes).await
}

/// The next piece of data; trailers are passed over.
async fn next_data(body: &mut Incoming) -> Result<Option<Bytes>, BodyError> {
    loop {
        match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
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
