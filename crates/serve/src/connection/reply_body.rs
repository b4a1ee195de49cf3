//! What hyper is given for a reply.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};

use crate::connection::progress::{AfterFlush, Progress};

/// A body that is sent.
pub(super) enum ReplyBody {
    /// Everything, in one piece.
    Whole(Bytes),
    /// A body that ends too early.
    Truncated(TruncatedBody),
}

/// Gives its bytes, then ends the connection once they have been sent.
pub(super) struct TruncatedBody {
    bytes: Bytes,
    progress: Arc<Progress>,
}

/// A response that is sent whole.
pub(super) fn whole(mut response: Response<Bytes>) -> Response<ReplyBody> {
    drop_framing(response.headers_mut());
    response.map(ReplyBody::Whole)
}

/// A response after whose bytes the connection is closed. It announces `declared_length`, or is chunked.
pub(super) fn truncated(
    response: Response<Bytes>,
    declared_length: Option<u64>,
    progress: Arc<Progress>,
) -> Response<ReplyBody> {
    let (mut head, bytes) = response.into_parts();
    drop_framing(&mut head.headers);
    if let Some(length) = declared_length {
        head.headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let body = TruncatedBody { bytes, progress };
    Response::from_parts(head, ReplyBody::Truncated(body))
}

/// Drops the headers that say where the body ends. A new map, since `remove` changes the order of the rest.
fn drop_framing(headers: &mut HeaderMap) {
    // Looking at the few names there are is faster than looking two up.
    if !headers.keys().any(is_framing) {
        return;
    }
    *headers = headers
        .iter()
        .filter(|(name, _)| !is_framing(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
}

fn is_framing(name: &HeaderName) -> bool {
    *name == CONTENT_LENGTH || *name == TRANSFER_ENCODING
}

/// hyper drops a body early if the method, the status or the declared length allows no more of it.
impl Drop for TruncatedBody {
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
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(mem::take(bytes))))),
            // hyper asks again only once it holds what it was given before, and flushes before it waits:
            // the flush ends the connection, so the task need not be woken.
            Self::Truncated(truncated) if truncated.bytes.is_empty() => {
                truncated.progress.end_after_flush(AfterFlush::Close);
                Poll::Pending
            }
            Self::Truncated(truncated) => {
                Poll::Ready(Some(Ok(Frame::data(mem::take(&mut truncated.bytes)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Truncated(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Truncated(_) => SizeHint::default(),
        }
    }
}
