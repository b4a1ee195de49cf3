//! A client that sends bytes as they are and reads what comes back.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Far above what any test should take, far below what a person would wait.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("nothing happened for a long time")
}

pub(crate) struct Client<T = TcpStream> {
    pub(crate) stream: T,
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            (found == name).then_some(value)
        })
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Client {
        let stream = soon(TcpStream::connect(address)).await.unwrap();
        Client {
            stream,
            buffer: Vec::new(),
        }
    }

    /// A client whose kernel takes little of an answer that it does not read.
    pub(crate) async fn with_small_window(address: SocketAddr) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let stream = soon(socket.connect(address)).await.unwrap();
        Client {
            stream,
            buffer: Vec::new(),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Client<T> {
    pub(crate) fn on(stream: T) -> Client<T> {
        Client {
            stream,
            buffer: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.stream.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Sends a request with a body and a `Content-Length`.
    pub(crate) async fn post(&mut self, target: &str, body: &str) {
        let length = body.len();
        self.send(format!(
            "POST {target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
        .await;
    }

    /// Reads one answer with a `Content-Length`.
    pub(crate) async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let mut answer = Answer {
            status: head[9..12].parse().unwrap(),
            head,
            body: String::new(),
        };
        let length = answer.header("content-length").expect("a length");
        let length: usize = length.parse().unwrap();
        while self.buffer.len() < length {
            assert_ne!(self.read().await, 0, "closed within a body");
        }
        answer.body = String::from_utf8(self.buffer.drain(..length).collect()).unwrap();
        answer
    }

    /// Reads up to the end of a head.
    pub(crate) async fn head(&mut self) -> String {
        loop {
            let end = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                return String::from_utf8(self.buffer.drain(..end + 4).collect()).unwrap();
            }
            let so_far = String::from_utf8_lossy(&self.buffer).into_owned();
            assert_ne!(self.read().await, 0, "closed within a head: {so_far:?}");
        }
    }

    /// Reads so many bytes.
    pub(crate) async fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            assert_ne!(self.read().await, 0, "closed too early");
        }
        self.buffer.drain(..count).collect()
    }

    /// How much is read, and not yet given.
    pub(crate) fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Reads until the server closes; an error such as a reset is given back.
    pub(crate) async fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        soon(self.stream.read_to_end(&mut self.buffer)).await?;
        Ok(std::mem::take(&mut self.buffer))
    }

    /// The server closes without another byte.
    pub(crate) async fn expect_close(&mut self) {
        let rest = self.rest().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }

    async fn read(&mut self) -> usize {
        soon(self.stream.read_buf(&mut self.buffer)).await.unwrap()
    }
}
