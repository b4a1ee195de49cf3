//! A client that sends bytes as they are and reads what comes back.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::authority::Authority;
use super::message::{Message, head_end};

/// Far above what any test should take, far below what a person would wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// A hung future is a failure with a name.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("nothing happened for a long time")
}

/// A request for an operation, signed (badly) by the client for `us-east-1`, with further header lines.
pub(crate) fn post(operation: &str, more: &str, body: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: CodePipeline_20150709.{operation}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/codepipeline/aws4_request, \
         SignedHeaders=host, Signature=00\r\n{more}Content-Length: {}\r\n\r\n{body}",
        super::CLIENT_KEY,
        body.len(),
    )
    .into_bytes()
}

/// One connection.
pub(crate) struct Client<T = TcpStream> {
    stream: T,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Client {
        let stream = soon(TcpStream::connect(address)).await.unwrap();
        Client {
            stream,
            buffer: Vec::new(),
        }
    }

    /// Whether not a byte has come yet.
    pub(crate) fn has_nothing(&self) -> bool {
        let mut byte = [0];
        let read = self.stream.try_read(&mut byte);
        read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Shakes hands on a connection that a `CONNECT` was answered on, as a client that trusts `authority`.
    pub(crate) async fn shake(
        self,
        authority: &Authority,
        name: &'static str,
    ) -> Client<TlsStream<TcpStream>> {
        assert_eq!(self.buffer, b"");
        let connector = TlsConnector::from(authority.client());
        let name = ServerName::try_from(name).unwrap();
        let stream = soon(connector.connect(name, self.stream)).await.unwrap();
        Client {
            stream,
            buffer: Vec::new(),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Client<T> {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.stream.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Message {
        self.send(bytes).await;
        self.answer().await
    }

    /// Reads one answer with a `Content-Length`, or none and no body.
    pub(crate) async fn answer(&mut self) -> Message {
        let end = loop {
            if let Some(end) = head_end(&self.buffer) {
                break end;
            }
            assert_ne!(self.read().await, 0, "closed within a head");
        };
        let head: Vec<u8> = self.buffer.drain(..end).collect();
        let mut message = Message {
            head,
            body: Vec::new(),
        };
        let length = message.length().unwrap_or_default();
        while self.buffer.len() < length {
            assert_ne!(self.read().await, 0, "closed within a body");
        }
        message.body = self.buffer.drain(..length).collect();
        message
    }

    /// Ends our side.
    pub(crate) async fn end(&mut self) {
        soon(self.stream.shutdown()).await.unwrap();
    }

    /// Reads until the server closes; a reset is an error.
    pub(crate) async fn rest(&mut self) -> io::Result<Vec<u8>> {
        soon(self.stream.read_to_end(&mut self.buffer)).await?;
        Ok(std::mem::take(&mut self.buffer))
    }

    async fn read(&mut self) -> usize {
        soon(self.stream.read_buf(&mut self.buffer)).await.unwrap()
    }
}
