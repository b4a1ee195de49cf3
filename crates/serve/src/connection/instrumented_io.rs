//! The stream that hyper reads and writes, which notes what moves.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connection::progress::{AfterFlush, Progress};

/// Up to how many bytes the pieces of a write are joined: the system takes one piece faster than
/// two.
const SMALL: usize = 1024;

/// Notes each read and write in [`Progress`], and ends the connection after a flush if that is
/// wanted.
pub(super) struct InstrumentedIo<T> {
    stream: T,
    progress: Arc<Progress>,
}

impl<T> InstrumentedIo<T> {
    pub(super) fn new(stream: T, progress: Arc<Progress>) -> Self {
        Self { stream, progress }
    }

    pub(super) fn into_inner(self) -> T {
        self.stream
    }

    fn note<R>(&self, written: Poll<R>) -> Poll<R> {
        match written {
            Poll::Pending => self.progress.write_blocked(),
            Poll::Ready(_) => self.progress.wrote(),
        }
        written
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for InstrumentedIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.progress.received();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for InstrumentedIo<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        if total <= SMALL {
            let mut whole = [0; SMALL];
            let mut end = 0;
            for slice in slices {
                whole[end..end + slice.len()].copy_from_slice(slice);
                end += slice.len();
            }
            return self.poll_write(cx, &whole[..end]);
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes once its own buffer is empty. If the connection has to end there, an error is
    /// the only way to make hyper stop; it never reaches the client.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_pending() {
            // TLS takes bytes that the socket has not taken yet.
            self.progress.write_blocked();
        }
        ready!(flushed)?;
        match self.progress.flushed() {
            AfterFlush::Continue => Poll::Ready(Ok(())),
            AfterFlush::Close | AfterFlush::Linger => {
                Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
            }
        }
    }

    /// Done by `close`, which knows why the connection ends.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Keeps what each write contained, and takes at most so many bytes at once.
    struct Writes {
        most: usize,
        seen: Vec<Vec<usize>>,
        bytes: Vec<u8>,
    }

    impl AsyncWrite for Writes {
        fn poll_write(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.seen
                .push(slices.iter().map(|slice| slice.len()).collect());
            let whole: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
            let taken = whole.len().min(self.most);
            self.bytes.extend_from_slice(&whole[..taken]);
            Poll::Ready(Ok(taken))
        }

        fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn small_pieces_are_written_as_one() {
        let large = vec![b'x'; SMALL];
        for (pieces, most, seen) in [
            (vec![&b"head"[..], b"", b"body"], 100, vec![8]),
            (vec![b"head", b"body"], 6, vec![8]),
            (vec![b"head", &large[4..]], 5000, vec![SMALL]),
            (vec![b"head", &large[3..]], 5000, vec![4, SMALL - 3]),
            (vec![], 100, vec![0]),
        ] {
            let stream = Writes {
                most,
                seen: Vec::new(),
                bytes: Vec::new(),
            };
            let mut io = InstrumentedIo::new(stream, Arc::default());
            let slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
            let written = poll_fn(|cx| Pin::new(&mut io).poll_write_vectored(cx, &slices));
            let whole = pieces.concat();
            let taken = whole.len().min(most);
            assert_eq!(written.await.unwrap(), taken);
            let stream = io.into_inner();
            assert_eq!(stream.bytes, whole[..taken]);
            assert_eq!(stream.seen, [seen]);
        }
    }
}
