//! A client that sends bytes unchanged and reads what the server sends.

use std::net::SocketAddr;
use std::{io, mem};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::message::{Message, head_end};
use crate::patience::soon;

/// One connection. Each call fails the test if it takes longer than [`PATIENCE`](crate::PATIENCE).
#[derive(Debug)]
pub struct Client<T = TcpStream> {
    /// The connection itself.
    pub stream: T,
    buffer: Vec<u8>,
}

impl Client {
    /// A client over TCP.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::on(soon(TcpStream::connect(address)).await.unwrap())
    }

    /// A client whose kernel takes little of an answer that the client does not read.
    pub async fn with_small_window(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self::on(soon(socket.connect(address)).await.unwrap())
    }

    /// Whether no byte has arrived that is not read yet.
    pub fn has_nothing(&self) -> bool {
        let mut byte = [0];
        let read = self.stream.try_read(&mut byte);
        read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Client<T> {
    /// A client on a connection that exists already.
    pub fn on(stream: T) -> Self {
        let buffer = Vec::new();
        Self { stream, buffer }
    }

    /// The connection, for another use.
    ///
    /// # Panics
    ///
    /// Bytes were read that nobody has taken.
    pub fn into_stream(self) -> T {
        assert_eq!(String::from_utf8_lossy(&self.buffer), "");
        self.stream
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.stream.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Sends a POST with a body and a `Content-Length`, to the host `localhost`.
    pub async fn post(&mut self, target: &str, body: &str) {
        let length = body.len();
        self.send(format!(
            "POST {target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
        .await;
    }

    /// Sends a request and reads its answer.
    pub async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Message {
        self.send(bytes).await;
        self.answer().await
    }

    /// Reads one answer with a `Content-Length`. An answer with status 204 or 304 has no body, nor
    /// has one without headers, as `CONNECT` gets.
    pub async fn answer(&mut self) -> Message {
        let head = self.head_bytes().await;
        let body = Vec::new();
        let mut message = Message { head, body };
        let has_body = !matches!(message.status(), 204 | 304) && !message.headers().is_empty();
        if has_body {
            let length = message.length().expect("a content-length");
            message.body = self.exactly(length).await;
        }
        message
    }

    /// Reads up to the end of a head.
    pub async fn head(&mut self) -> String {
        String::from_utf8(self.head_bytes().await).unwrap()
    }

    /// Reads so many bytes.
    pub async fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            assert_ne!(self.read().await, 0, "closed too early");
        }
        self.buffer.drain(..count).collect()
    }

    /// How many bytes are read, and not given yet.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Ends the client's side.
    pub async fn end(&mut self) {
        soon(self.stream.shutdown()).await.unwrap();
    }

    /// Reads until the server closes.
    ///
    /// # Errors
    ///
    /// The connection ends in another way, such as a reset.
    pub async fn rest(&mut self) -> io::Result<Vec<u8>> {
        soon(self.stream.read_to_end(&mut self.buffer)).await?;
        Ok(mem::take(&mut self.buffer))
    }

    /// The server closes without another byte.
    pub async fn expect_close(&mut self) {
        let rest = self.rest().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }

    async fn head_bytes(&mut self) -> Vec<u8> {
        loop {
            if let Some(end) = head_end(&self.buffer) {
                return self.buffer.drain(..end).collect();
            }
            let so_far = String::from_utf8_lossy(&self.buffer).into_owned();
            assert_ne!(self.read().await, 0, "closed within a head: {so_far:?}");
        }
    }

    async fn read(&mut self) -> usize {
        soon(self.stream.read_buf(&mut self.buffer)).await.unwrap()
    }
}
