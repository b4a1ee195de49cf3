//! The worker's connection: one request at a time.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;
use pipetape_core::{Operation, protocol};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::error::{BoxError, CallError};

/// What the demo calls itself, before its version. A tape with other clients on it is not its own.
pub(super) const CLIENT: &str = "pipetape-demo/";
const CLIENT_AND_VERSION: &str = concat!("pipetape-demo/", env!("CARGO_PKG_VERSION"));
/// Far longer than a call within this machine takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Far larger than any answer about two jobs, in bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// A connection to one of the demo's own servers.
#[derive(Debug)]
pub(super) struct Client {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    /// Connects.
    pub(super) async fn connect(address: SocketAddr) -> Result<Self, CallError> {
        let connect = async {
            let stream = TcpStream::connect(address).await?;
            Ok(http1::handshake(TokioIo::new(stream)).await?)
        };
        let (sender, connection) = connect
            .await
            .map_err(|source: BoxError| CallError::Connect { address, source })?;
        // Its end is an error to the next request.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { address, sender })
    }

    /// Calls an operation; returns the status and the body of the answer.
    pub(super) async fn call(
        &mut self,
        operation: &Operation,
        body: Bytes,
    ) -> Result<(u16, Bytes), CallError> {
        let operation = operation.clone();
        match timeout(PATIENCE, self.exchange(&operation, body)).await {
            Ok(answer) => answer.map_err(|source| CallError::NoAnswer { operation, source }),
            Err(_) => Err(CallError::TooLate {
                operation,
                after: PATIENCE,
            }),
        }
    }

    async fn exchange(
        &mut self,
        operation: &Operation,
        body: Bytes,
    ) -> Result<(u16, Bytes), BoxError> {
        let request = Request::post("/")
            .header(HOST, self.address.to_string())
            .header(CONTENT_TYPE, protocol::CONTENT_TYPE)
            .header(USER_AGENT, CLIENT_AND_VERSION)
            .header("x-amz-target", operation.target())
            .body(Full::new(body))?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await?;
        Ok((head.status.as_u16(), body.to_bytes()))
    }
}
