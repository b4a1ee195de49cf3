//! The bytes that go out.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::connection::progress::{AfterFlush, Progress};

pub(crate) enum ReplyBody {
    /// Everything, in one piece.
    Whole(Bytes),
    /// What is left of a body that ends too early.
    Truncated(Truncated),
}

/// Gives its bytes, then ends the connection once they have left.
pub(crate) struct Truncated {
    bytes: Bytes,
    progress: Arc<Progress>,
}

impl Truncated {
    pub(crate) fn new(bytes: Bytes, progress: Arc<Progress>) -> Truncated {
        Truncated { bytes, progress }
    }
}

/// hyper drops a body early where the method, the status or the declared length leaves no room for it.
impl Drop for Truncated {
    fn drop(&mut self) {
        self.progress.end_after_flush(AfterFlush::Close);
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            ReplyBody::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            ReplyBody::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            // hyper asks again only when it holds what it was given before, and flushes before it
            // waits: the flush ends the connection, so nobody has to be woken.
            ReplyBody::Truncated(truncated) if truncated.bytes.is_empty() => {
                truncated.progress.end_after_flush(AfterFlush::Close);
                Poll::Pending
            }
            ReplyBody::Truncated(truncated) => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut truncated.bytes)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ReplyBody::Whole(bytes) => bytes.is_empty(),
            ReplyBody::Truncated(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ReplyBody::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            ReplyBody::Truncated(_) => SizeHint::default(),
        }
    }
}
