//! Collecting a request's body, within the limits for one body and for all of them.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use hyper::body::Incoming;

use crate::connection::progress::{Phase, Progress};
use crate::limits::{Budget, Reservation};

/// A body, and the memory that it takes from the budget while the call that reads it runs.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) bytes: Bytes,
    pub(super) reservation: Option<Reservation>,
}

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is, or says that it will be, larger than the limit.
    TooLarge,
    /// It ended early, or its framing is wrong.
    Broken,
}

/// Reads a body to its end, at most `limit` bytes.
///
/// A body that was received together with the head is not copied.
pub(super) async fn collect(
    body: &mut Incoming,
    limit: usize,
    budget: &Budget,
    progress: &Progress,
) -> Result<Collected, BodyError> {
    if body.is_end_stream() {
        return Ok(Collected::default());
    }
    // Before the first byte is read, so that a client that waits for `100 Continue` does not send it.
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyError::TooLarge);
    }
    // Not above `limit`, so the cast keeps the value.
    let announced = body.size_hint().exact().map(|length| length as usize);
    let mut reservation = None;
    if let Some(announced) = announced
        && announced > Budget::SMALL
    {
        reservation = reserve(budget, progress, announced).await;
    }
    progress.enter(Phase::Body);

    let first = next_data(body).await?.unwrap_or_default();
    if body.is_end_stream() {
        return Ok(Collected {
            bytes: first,
            reservation,
        });
    }
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or(first.len()));
    bytes.extend_from_slice(&first);
    drop(first);
    while let Some(data) = next_data(body).await? {
        let length = bytes.len() + data.len();
        if length > limit {
            return Err(BodyError::TooLarge);
        }
        // A chunked body does not say how large it will be.
        if length > Budget::SMALL && reservation.is_none() {
            reservation = reserve(budget, progress, limit).await;
            progress.enter(Phase::Body);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Collected {
        bytes: bytes.freeze(),
        reservation,
    })
}

async fn reserve(budget: &Budget, progress: &Progress, bytes: usize) -> Option<Reservation> {
    progress.enter(Phase::Capacity);
    budget.reserve(bytes).await
}

/// The next piece of data; trailers are ignored.
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
