//! An upstream that does what a script says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pipetape_testkit::{Message, head_end};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// What happens once a request is read.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Send these bytes, then read the next request.
    Send(Vec<u8>),
    /// Send these bytes, then close.
    Close(Vec<u8>),
    /// Send these bytes, then reset the connection.
    Reset(Vec<u8>),
    /// Send these bytes, then nothing more.
    Hang(Vec<u8>),
}

/// A whole answer with a JSON body.
pub(crate) fn ok(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A listening upstream; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Message>>>,
    connections: Arc<AtomicUsize>,
}

impl Upstream {
    /// Answers the n-th request (from 0) with the n-th act; the last act holds for all further ones.
    pub(crate) async fn start(acts: impl Into<Vec<Act>>) -> Upstream {
        Upstream::serve(acts.into(), None).await
    }

    /// The same over TLS.
    pub(crate) async fn start_tls(acts: impl Into<Vec<Act>>, tls: Arc<ServerConfig>) -> Upstream {
        Upstream::serve(acts.into(), Some(tls.into())).await
    }

    async fn serve(acts: Vec<Act>, tls: Option<TlsAcceptor>) -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Upstream {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let served = upstream.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                served.connections.fetch_add(1, Ordering::SeqCst);
                let (served, acts, tls) = (served.clone(), acts.clone(), tls.clone());
                tokio::spawn(async move { served.connection(stream, acts, tls).await });
            }
        });
        upstream
    }

    async fn connection(&self, stream: TcpStream, acts: Vec<Act>, tls: Option<TlsAcceptor>) {
        match tls {
            None => {
                if let Some(stream) = self.requests(stream, &acts).await {
                    stream.set_zero_linger().unwrap();
                }
            }
            Some(tls) => {
                if let Ok(stream) = tls.accept(stream).await {
                    self.requests(stream, &acts).await;
                }
            }
        }
    }

    /// Serves a connection; gives it back where it is to be reset.
    async fn requests<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut stream: T,
        acts: &[Act],
    ) -> Option<T> {
        let mut buffer = Vec::new();
        loop {
            let request = read_request(&mut stream, &mut buffer).await?;
            let number = {
                let mut requests = self.requests.lock().unwrap();
                requests.push(request);
                requests.len() - 1
            };
            let act = acts[number.min(acts.len() - 1)].clone();
            let (Act::Send(bytes) | Act::Close(bytes) | Act::Reset(bytes) | Act::Hang(bytes)) =
                &act;
            stream.write_all(bytes).await.ok()?;
            stream.flush().await.ok()?;
            match act {
                Act::Send(_) => {}
                Act::Close(_) => {
                    // Read what may still come: closing with unread bytes would be a reset.
                    stream.shutdown().await.ok()?;
                    return None;
                }
                Act::Reset(_) => {
                    // What was sent has to arrive first.
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    return Some(stream);
                }
                Act::Hang(_) => std::future::pending().await,
            }
        }
    }

    /// What arrived so far.
    pub(crate) fn received(&self) -> Vec<Message> {
        self.requests.lock().unwrap().clone()
    }

    /// The only request that arrived.
    pub(crate) fn only(&self) -> Message {
        let received = self.received();
        assert_eq!(received.len(), 1, "requests upstream");
        received.into_iter().next().unwrap()
    }

    /// Connections taken so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Reads one request; `None` at the connection's end. `buffer` holds what was received after it.
pub(crate) async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> Option<Message> {
    loop {
        if let Some(end) = head_end(buffer) {
            let mut message = Message {
                head: buffer[..end].to_vec(),
                body: Vec::new(),
            };
            let length = message.length().unwrap_or_default();
            if buffer.len() >= end + length {
                message.body = buffer[end..end + length].to_vec();
                buffer.drain(..end + length);
                return Some(message);
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
