//! Bodies that are too large, or that find no room.

use std::sync::atomic::Ordering;
use std::time::Duration;

use pipetape_serve::Limits;
use pipetape_testkit::{Client, Message, soon};
use tokio::io::AsyncWriteExt;

use crate::server::{Scripted, Server, quick};

const LIMIT: usize = 200_000;

fn limits() -> Limits {
    Limits {
        max_body: LIMIT,
        ..Limits::default()
    }
}

fn assert_too_large(answer: &Message) {
    assert_eq!(answer.status(), 413);
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("application/x-amz-json-1.1")
    );
    assert_eq!(answer.header("connection").as_deref(), Some("close"));
    let error: serde_json::Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!(error["__type"], "RequestEntityTooLargeException");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("200000") && message.contains("--max-body"),
        "{message}"
    );
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_passes() {
    let server = Server::start(limits()).await;
    let mut client = server.client().await;
    let body = "x".repeat(LIMIT);
    client.post("/", &body).await;
    assert_eq!(client.answer().await.text().len(), LIMIT);
    let body = format!("{LIMIT:x}\r\n{body}\r\n0\r\n\r\n");
    client
        .send(format!(
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{body}"
        ))
        .await;
    assert_eq!(client.answer().await.text().len(), LIMIT);
}

/// The client sends all it has before it reads, as botocore does.
#[tokio::test]
async fn an_announced_excess_is_refused_readably() {
    let service = Scripted::default();
    let server = Server::with(service.clone(), limits()).await;
    let mut client = server.client().await;
    client.post("/", &"x".repeat(LIMIT + 1)).await;
    assert_too_large(&client.answer().await);
    client.expect_close().await;
    assert_eq!(service.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_excess_without_length_is_refused_readably() {
    let server = Server::start(limits()).await;
    let mut client = server.client().await;
    let piece = format!("{:x}\r\n{}\r\n", 1000, "x".repeat(1000));
    client
        .send("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    client.send(piece.repeat(LIMIT / 1000 + 150)).await;
    client.send("0\r\n\r\n").await;
    assert_too_large(&client.answer().await);
    client.expect_close().await;
}

/// The client waits for leave to send, and then for the answer, sending nothing.
#[tokio::test]
async fn expect_is_refused_before_the_body() {
    let server = Server::start(limits()).await;
    let mut client = server.client().await;
    client
        .send("POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 200001\r\n\r\n")
        .await;
    assert_too_large(&client.answer().await);
    client.expect_close().await;
}

#[tokio::test]
async fn a_refused_client_that_waits_is_closed() {
    let server = Server::start(limits()).await;
    let mut client = server.client().await;
    client
        .send("POST / HTTP/1.1\r\ncontent-length: 200001\r\n\r\n")
        .await;
    assert_too_large(&client.answer().await);
    client.expect_close().await;
}

#[tokio::test]
async fn expect_within_the_limit_continues() {
    let server = Server::start(limits()).await;
    let mut client = server.client().await;
    client
        .send("POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n")
        .await;
    assert_eq!(client.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body").await;
    assert_eq!(client.answer().await.text(), "body");
}

/// What is discarded is bounded: a client that never stops is cut.
#[tokio::test]
async fn a_client_that_never_stops_sending_is_cut() {
    let server = Server::start(Limits {
        max_body: 10_000,
        ..quick()
    })
    .await;
    let mut client = server.client().await;
    client
        .send("POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n")
        .await;
    let endless = async { while client.stream.write_all(&[b'x'; 4096]).await.is_ok() {} };
    soon(endless).await;
}

#[tokio::test]
async fn malformed_chunks_are_refused() {
    let server = Server::start(limits()).await;
    let mut client = server.client().await;
    client
        .send("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n")
        .await;
    let answer = client.answer().await;
    assert_eq!(answer.status(), 400);
    assert!(
        answer.text().contains("MalformedBodyException"),
        "{}",
        answer.text()
    );
    client.expect_close().await;
}

#[tokio::test]
async fn a_body_that_ends_early_reaches_no_service() {
    let service = Scripted::default();
    let server = Server::with(service.clone(), limits()).await;
    let mut client = server.client().await;
    client
        .send("POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf")
        .await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.answer().await.status(), 400);
    client.expect_close().await;
    assert_eq!(service.calls.load(Ordering::SeqCst), 0);
}

/// One call holds the whole budget; the next large body waits for it, a small one does not.
#[tokio::test]
async fn large_bodies_wait_for_room() {
    let service = Scripted::default();
    let limits = Limits {
        body_budget: 100 * 1024,
        body_timeout: Duration::from_secs(10),
        ..limits()
    };
    let server = Server::with(service.clone(), limits).await;
    let large = "x".repeat(100_000);
    let mut holding = server.client().await;
    holding.post("/wait", &large).await;
    let mut waiting = server.client().await;
    waiting.post("/", &large).await;
    let mut small = server.client().await;
    small.post("/", "small").await;
    assert_eq!(small.answer().await.text(), "small");
    assert_eq!(service.calls.load(Ordering::SeqCst), 2);
    service.gate.add_permits(1);
    assert_eq!(holding.answer().await.text(), "waited");
    assert_eq!(waiting.answer().await.text().len(), large.len());
}

#[tokio::test]
async fn a_large_body_that_finds_no_room_in_time_is_told_so() {
    let service = Scripted::default();
    let limits = Limits {
        body_budget: 100 * 1024,
        ..quick()
    };
    let server = Server::with(service.clone(), limits).await;
    let large = "x".repeat(100_000);
    let mut holding = server.client().await;
    holding.post("/wait", &large).await;
    for chunked in [false, true] {
        let mut waiting = Client::connect(server.address).await;
        if chunked {
            waiting
                .send(format!(
                    "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n0\r\n\r\n",
                    large.len()
                ))
                .await;
        } else {
            waiting.post("/", &large).await;
        }
        let answer = waiting.answer().await;
        assert_eq!(answer.status(), 503);
        assert!(
            answer.text().contains("ServiceUnavailableException"),
            "{}",
            answer.text()
        );
        waiting.expect_close().await;
    }
    service.gate.add_permits(1);
    assert_eq!(holding.answer().await.text(), "waited");
}
