//! What hyper is given for a reply.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};

use crate::connection::progress::{AfterFlush, Progress};
use crate::message::{StreamBody, StreamEnd, StreamError};

/// A body that is sent.
pub(super) enum ReplyBody {
    /// Everything, in one piece.
    Whole(Bytes),
    /// A body that ends too early.
    Truncated(TruncatedBody),
    /// A body that is produced while it is sent.
    Streamed(StreamedBody),
}

/// Gives its bytes, then ends the connection once they have been sent.
pub(super) struct TruncatedBody {
    bytes: Bytes,
    progress: Arc<Progress>,
}

/// Gives the pieces of a stream; at its end the response is complete, or the connection is ended.
pub(super) struct StreamedBody {
    stream: StreamBody,
    end: StreamEnd,
    progress: Arc<Progress>,
}

/// A response that is sent whole.
pub(super) fn whole(mut response: Response<Bytes>) -> Response<ReplyBody> {
    drop_framing(response.headers_mut());
    response.map(ReplyBody::Whole)
}

/// A response after whose bytes the connection is closed. It announces `declared_length`, or is
/// chunked.
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

/// A response whose body is produced while it is sent. hyper announces its length if the stream
/// knows it.
pub(super) fn streamed(
    response: Response<StreamBody>,
    end: StreamEnd,
    progress: Arc<Progress>,
) -> Response<ReplyBody> {
    let (mut head, stream) = response.into_parts();
    drop_framing(&mut head.headers);
    if let StreamEnd::Truncated {
        declared_length: Some(length),
    } = end
    {
        head.headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let body = StreamedBody {
        stream,
        end,
        progress,
    };
    Response::from_parts(head, ReplyBody::Streamed(body))
}

/// Drops the headers that say where the body ends. A new map, since `remove` changes the order of
/// the rest.
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

/// hyper drops a body at its end, or early as above.
impl Drop for StreamedBody {
    fn drop(&mut self) {
        self.progress.response_complete();
        if self.end != StreamEnd::Complete {
            self.progress.end_after_flush(AfterFlush::Close);
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(mem::take(bytes))))),
            // hyper asks again only once it holds what it was given before, and flushes before it
            // waits: the flush ends the connection, so the task need not be woken.
            Self::Truncated(truncated) if truncated.bytes.is_empty() => {
                truncated.progress.end_after_flush(AfterFlush::Close);
                Poll::Pending
            }
            Self::Truncated(truncated) => {
                Poll::Ready(Some(Ok(Frame::data(mem::take(&mut truncated.bytes)))))
            }
            Self::Streamed(body) => match ready!(Pin::new(&mut body.stream).poll_frame(cx)) {
                None if body.end != StreamEnd::Complete => {
                    body.progress.end_after_flush(AfterFlush::Close);
                    Poll::Pending
                }
                polled => Poll::Ready(polled),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Truncated(_) => false,
            Self::Streamed(body) => body.end == StreamEnd::Complete && body.stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Truncated(_) => SizeHint::default(),
            Self::Streamed(body) if body.end == StreamEnd::Complete => body.stream.size_hint(),
            Self::Streamed(_) => SizeHint::default(),
        }
    }
}
