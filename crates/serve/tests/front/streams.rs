//! Bodies that pass piece by piece.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use pipetape_serve::{
    BodyMode, Limits, Reply, Request, RequestStream, Service, StreamBody, StreamEnd, StreamError,
};
use pipetape_testkit::{Client, soon};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

use crate::server::{Server, quick};

const MIB: usize = 1024 * 1024;

/// Streams the bodies of all requests but those to `/whole`.
#[derive(Clone, Default)]
struct Streams {
    max_bytes: u64,
    pieces: Pieces,
}

/// Counts the pieces of endless bodies, and the bodies that were dropped.
#[derive(Clone, Default)]
struct Pieces {
    given: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

/// A body of endless pieces that says when it is dropped.
struct Endless(Pieces);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.given.fetch_add(1, SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'x'; 64 * 1024])))))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, SeqCst);
    }
}

/// Gives these pieces, then ends or fails.
struct Few(Vec<Result<&'static str, &'static str>>);

impl Body for Few {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        let next = (!self.0.is_empty()).then(|| self.0.remove(0));
        Poll::Ready(next.map(|piece| match piece {
            Ok(text) => Ok(Frame::data(Bytes::from_static(text.as_bytes()))),
            Err(text) => Err(text.into()),
        }))
    }
}

impl Service for Streams {
    async fn call(&self, request: &mut Request) -> Reply {
        let few = |pieces| Response::new(StreamBody::new(Few(pieces)));
        let truncated = |declared_length| Reply::Stream {
            response: Box::new(few(vec![Ok("3"), Ok("45")])),
            end: StreamEnd::Truncated { declared_length },
        };
        match request.uri.path() {
            "/endless" => Reply::from(Response::new(StreamBody::new(Endless(self.pieces.clone())))),
            "/few" => Reply::from(few(vec![Ok("3"), Ok("45")])),
            "/fails" => Reply::from(few(vec![Ok("3"), Err("no more")])),
            "/truncated" => truncated(Some(10)),
            "/truncated-chunked" => truncated(None),
            _ => Reply::from(Response::new(std::mem::take(&mut request.body))),
        }
    }

    fn body_mode(&self, head: &Request) -> BodyMode {
        match head.uri.path() {
            "/whole" => BodyMode::Whole,
            _ => BodyMode::Stream {
                max_bytes: self.max_bytes,
            },
        }
    }

    async fn call_streamed(&self, request: &mut Request, mut body: RequestStream) -> Reply {
        assert_eq!(request.body, "");
        match request.uri.path() {
            "/echo" => Reply::from(Response::new(StreamBody::new(body))),
            "/ignore" => {
                let mut response = Response::new(Bytes::from_static(b"not this"));
                *response.status_mut() = StatusCode::FORBIDDEN;
                Reply::from(response)
            }
            _ => {
                let mut count = 0;
                // After a failure the server answers, whatever the service says.
                while let Some(Ok(frame)) = body.frame().await {
                    count += frame.data_ref().map_or(0, Bytes::len);
                }
                Reply::from(Response::new(Bytes::from(count.to_string())))
            }
        }
    }
}

async fn start(max_bytes: u64, limits: Limits) -> (Server, Pieces) {
    let pieces = Pieces::default();
    let service = Streams {
        max_bytes,
        pieces: pieces.clone(),
    };
    (Server::with(service, limits).await, pieces)
}

async fn begin(client: &mut Client, path: &str, length: usize) {
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
    client.send(head).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_body_is_echoed_in_small_memory() {
    const LENGTH: usize = 100 * MIB;
    let (server, _) = start(LENGTH as u64, Limits::default()).await;
    let mut client = server.client().await;
    begin(&mut client, "/echo", LENGTH).await;
    let piece: Vec<u8> = (0..MIB).map(|at| (at % 251) as u8).collect();
    let (mut from, mut to) = client.into_stream().into_split();
    // As long as the client reads nothing, the server takes only what the kernel's buffers hold.
    let mut sent = 0;
    let pause = Duration::from_millis(500);
    while let Ok(written) = timeout(pause, to.write(&piece[sent % MIB..])).await {
        sent += written.unwrap();
        assert!(sent < 50 * MIB, "the server holds {sent} bytes");
    }
    let sending = tokio::spawn(async move {
        while sent < LENGTH {
            let end = (sent % MIB + LENGTH - sent).min(MIB);
            sent += to.write(&piece[sent % MIB..end]).await.unwrap();
        }
        to
    });
    let mut received = vec![0; MIB];
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(
        head.contains(&format!("content-length: {LENGTH}")),
        "{head}"
    );
    for _ in 0..LENGTH / MIB {
        from.read_exact(&mut received).await.unwrap();
        assert!(
            received
                .iter()
                .enumerate()
                .all(|(at, byte)| *byte == (at % 251) as u8)
        );
    }
    drop(sending.await.unwrap());
    assert_eq!(from.read(&mut received).await.unwrap(), 0);
}

#[tokio::test]
async fn a_connection_goes_on_after_streams() {
    let (server, _) = start(100, quick()).await;
    let mut client = server.client().await;
    for _ in 0..2 {
        client.post("/count", "12345").await;
        assert_eq!(client.answer().await.body, b"5");
        client.post("/echo", "12345").await;
        assert_eq!(client.answer().await.body, b"12345");
        client.post("/whole", "1234").await;
        assert_eq!(client.answer().await.body, b"1234");
        client.post("/few", "").await;
        client.head().await;
        assert_eq!(client.exactly(18).await, b"1\r\n3\r\n2\r\n45\r\n0\r\n\r\n");
    }
    drop(client);
    assert_eq!(soon(server.stop()).await.unwrap().cut, 0);
}

#[tokio::test]
async fn a_slow_sender_is_given_time_for_each_piece_and_then_408() {
    let (server, _) = start(100, quick()).await;
    let mut client = server.client().await;
    begin(&mut client, "/count", 5).await;
    for _ in 0..5 {
        sleep(quick().body_timeout / 2).await;
        client.send("x").await;
    }
    assert_eq!(client.answer().await.body, b"5");

    begin(&mut client, "/count", 5).await;
    client.send("xxx").await;
    let answer = client.answer().await;
    assert_eq!(answer.status(), 408);
    client.end().await;
    client.expect_close().await;
}

#[tokio::test]
async fn a_slow_sender_is_reset_once_the_response_has_begun() {
    let (server, _) = start(100, quick()).await;
    let mut client = server.client().await;
    begin(&mut client, "/echo", 5).await;
    client.send("xxx").await;
    client.head().await;
    assert_eq!(client.exactly(3).await, b"xxx");
    assert!(client.rest().await.is_err());
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let (server, _) = start(10, quick()).await;
    let mut client = server.client().await;
    begin(&mut client, "/count", 11).await;
    assert_eq!(client.answer().await.status(), 413);

    let mut client = server.client().await;
    client
        .send("POST /count HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    client.send("8\r\n12345678\r\n").await;
    client.send("8\r\n12345678\r\n").await;
    let answer = client.answer().await;
    assert_eq!(answer.status(), 413);
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(text.contains("the limit of 10 bytes"), "{text}");
    client.end().await;
    client.expect_close().await;
}

#[tokio::test]
async fn a_body_that_is_broken_is_refused() {
    let (server, _) = start(100, quick()).await;
    let mut client = server.client().await;
    begin(&mut client, "/count", 5).await;
    client.send("123").await;
    client.end().await;
    assert_eq!(client.answer().await.status(), 400);
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_body_can_be_read() {
    let (server, _) = start(100 * MIB as u64, quick()).await;
    let mut client = server.client().await;
    begin(&mut client, "/ignore", 10 * MIB).await;
    client.send(vec![b'x'; MIB]).await;
    let answer = client.answer().await;
    assert_eq!((answer.status(), answer.body), (403, b"not this".to_vec()));
    client.end().await;
    client.expect_close().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_client() {
    let (server, pieces) = start(100, Limits::default()).await;
    let mut client = server.client().await;
    client.post("/endless", "").await;
    client.exactly(MIB).await;
    drop(client);
    dropped(&pieces).await;
}

#[tokio::test]
async fn a_client_that_stops_reading_is_cut() {
    let (server, pieces) = start(100, quick()).await;
    let mut client = Client::with_small_window(server.address).await;
    client.post("/endless", "").await;
    client.exactly(1024).await;
    dropped(&pieces).await;
    let bytes = pieces.given.load(SeqCst) * 64 * 1024;
    assert!(
        bytes < 20 * MIB,
        "{bytes} bytes for a client that reads 1 KiB"
    );
}

async fn dropped(pieces: &Pieces) {
    soon(async {
        while pieces.dropped.load(SeqCst) == 0 {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_fails_resets_and_a_truncated_one_closes() {
    let (server, _) = start(100, quick()).await;
    let mut client = server.client().await;
    client.post("/fails", "").await;
    assert!(client.rest().await.is_err());

    for (path, framing, body) in [
        ("/truncated", "content-length: 10", &b"345"[..]),
        (
            "/truncated-chunked",
            "transfer-encoding: chunked",
            b"1\r\n3\r\n2\r\n45\r\n",
        ),
    ] {
        let mut client = server.client().await;
        client.post(path, "").await;
        let head = client.head().await;
        assert!(head.contains(framing), "{head}");
        assert_eq!(client.rest().await.unwrap(), body, "{path}");
    }
}
