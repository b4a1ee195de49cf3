//! A request's body: collected within the limits for one body and for all of them, or streamed.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use thiserror::Error;

use crate::connection::progress::{Phase, Progress};
use crate::limits::{Budget, Reservation};

/// A body, and the memory that it takes from the budget while the call that reads it runs.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) bytes: Bytes,
    pub(super) reservation: Option<Reservation>,
}

/// Why a request's body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// It is, or says that it will be, larger than the limit.
    #[error("the request's body is larger than the limit")]
    TooLarge,
    /// It ended early, or its framing is wrong.
    #[error("the request's body ended too early, or its chunks are malformed")]
    Broken,
}

/// A request's body, for a service that reads it piece by piece (see
/// [`BodyMode::Stream`](crate::BodyMode::Stream)).
///
/// It is an [`http_body::Body`] whose frames are data; trailers are left out. It holds one piece at
/// a time: the client can send no faster than the service reads. It has to be read by the call, or
/// by the body of the streamed reply. A client that sends no byte for
/// [`Limits::body_timeout`](crate::Limits::body_timeout) while the service waits gets 408; if the
/// response has already begun, the connection is reset.
pub struct RequestStream {
    body: Incoming,
    /// How many more bytes are allowed.
    allowed: u64,
    ended: bool,
    error: Arc<OnceLock<BodyError>>,
    progress: Arc<Progress>,
}

impl RequestStream {
    /// A stream of at most `max_bytes`. `error` is set if the stream fails.
    pub(super) fn new(
        body: Incoming,
        max_bytes: u64,
        error: Arc<OnceLock<BodyError>>,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            body,
            allowed: max_bytes,
            ended: false,
            error,
            progress,
        }
    }

    fn fail(&mut self, error: BodyError) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.ended = true;
        let _ = self.error.set(error);
        self.progress.leave_body_unread();
        Poll::Ready(Some(Err(error)))
    }
}

impl Body for RequestStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        while !self.ended {
            let polled = Pin::new(&mut self.body).poll_frame(cx);
            if polled.is_pending() {
                self.progress.body_awaited();
            } else {
                self.progress.body_not_awaited();
            }
            match ready!(polled) {
                None => self.ended = true,
                Some(Err(_)) => return self.fail(BodyError::Broken),
                Some(Ok(frame)) => {
                    let Some(data) = frame.data_ref() else {
                        continue;
                    };
                    match self.allowed.checked_sub(data.len() as u64) {
                        Some(allowed) => self.allowed = allowed,
                        None => return self.fail(BodyError::TooLarge),
                    }
                    return Poll::Ready(Some(Ok(frame)));
                }
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestStream {
    fn drop(&mut self) {
        self.progress.body_not_awaited();
        if !self.is_end_stream() {
            self.progress.leave_body_unread();
        }
    }
}

impl fmt::Debug for RequestStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestStream").finish_non_exhaustive()
    }
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
    // Before the first byte is read, so that a client that waits for `100 Continue` does not send
    // it.
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
