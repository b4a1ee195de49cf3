//! One HTTP connection, one request at a time, the answers as they came.

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

use super::error::CallError;

/// What the demo calls itself, before its version. A tape with other clients on it is not its own.
pub(super) const CLIENT: &str = "pipetape-demo/";
const CLIENT_AND_VERSION: &str = concat!("pipetape-demo/", env!("CARGO_PKG_VERSION"));
/// Far longer than a call within this machine takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Far larger than any answer about two jobs.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// A connection to one of the demo's own servers.
#[derive(Debug)]
pub(super) struct Client {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

/// An answer as it came off the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names in lower case, in the order of the wire.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Client {
    /// Connects.
    pub(super) async fn connect(address: SocketAddr) -> Result<Client, CallError> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|source| CallError::Connect { address, source })?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|source| CallError::Handshake { address, source })?;
        // Its end is told to whoever waits for an answer.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Client { address, sender })
    }

    /// Asks for an operation, and waits for the whole answer.
    pub(super) async fn call(
        &mut self,
        operation: &Operation,
        body: Bytes,
    ) -> Result<Answer, CallError> {
        timeout(PATIENCE, self.exchange(operation, body))
            .await
            .unwrap_or_else(|_| {
                Err(CallError::Late {
                    operation: operation.clone(),
                    after: PATIENCE,
                })
            })
    }

    async fn exchange(&mut self, operation: &Operation, body: Bytes) -> Result<Answer, CallError> {
        let operation = || operation.clone();
        let request = Request::post("/")
            .header(HOST, self.address.to_string())
            .header(CONTENT_TYPE, protocol::CONTENT_TYPE)
            .header(USER_AGENT, CLIENT_AND_VERSION)
            .header("x-amz-target", operation().target())
            .body(Full::new(body))
            .map_err(|source| CallError::Request {
                operation: operation(),
                source,
            })?;
        let answer = self.sender.send_request(request).await;
        let (head, body) = answer
            .map_err(|source| CallError::NoAnswer {
                operation: operation(),
                source,
            })?
            .into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await;
        let body = body.map_err(|source| CallError::Body {
            operation: operation(),
            source,
        })?;
        let headers = head.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        Ok(Answer {
            status: head.status.as_u16(),
            headers: headers.collect(),
            body: body.to_bytes(),
        })
    }
}
