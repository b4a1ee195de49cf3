//! Clients that stop half-way.

use std::time::{Duration, Instant};

use pipetape_serve::Limits;
use pipetape_testkit::{Client, Message, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::{Scripted, Server, quick};

fn assert_slow(answer: &Message) {
    assert_eq!(answer.status(), 408);
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("application/x-amz-json-1.1")
    );
    assert_eq!(answer.header("connection").as_deref(), Some("close"));
    assert!(
        answer.text().contains("SlowRequestException"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_head_that_never_ends() {
    let server = Server::start(quick()).await;
    let mut client = server.client().await;
    client.send("POST / HTTP/1.1\r\nhost: loc").await;
    assert_slow(&client.answer().await);
    client.expect_close().await;
}

/// Bytes do not buy time.
#[tokio::test]
async fn a_head_that_trickles() {
    let server = Server::start(quick()).await;
    let mut client = server.client().await;
    let start = Instant::now();
    let trickle = async {
        while client.stream.write_all(b"x").await.is_ok()
            && start.elapsed() < Duration::from_millis(400)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(trickle).await;
    assert_slow(&client.answer().await);
}

#[tokio::test]
async fn the_second_head_on_a_connection_has_its_own_time() {
    let server = Server::start(quick()).await;
    let mut client = server.client().await;
    client.post("/", "one").await;
    assert_eq!(client.answer().await.text(), "one");
    // Longer than a head may take: between requests another bound counts.
    tokio::time::sleep(Duration::from_millis(300)).await;
    client.post("/", "two").await;
    assert_eq!(client.answer().await.text(), "two");
    client.send("POST").await;
    assert_slow(&client.answer().await);
}

#[tokio::test]
async fn a_body_that_stops() {
    let server = Server::start(quick()).await;
    for request in [
        "POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\nhalf",
        "POST / HTTP/1.1\r\ncontent-length: 1000000\r\n\r\nhalf",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    ] {
        let mut client = Client::connect(server.address).await;
        client.send(request).await;
        assert_slow(&client.answer().await);
        client.expect_close().await;
    }
}

#[tokio::test]
async fn a_call_may_take_longer_than_any_of_the_clients_bounds() {
    let service = Scripted::default();
    let limits = Limits {
        idle_timeout: Duration::from_millis(100),
        ..quick()
    };
    let server = Server::with(service.clone(), limits).await;
    let mut client = server.client().await;
    client.post("/wait", "").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    service.gate.add_permits(1);
    assert_eq!(client.answer().await.text(), "waited");
}

#[tokio::test]
async fn idle_connections_are_closed_in_the_end() {
    let limits = Limits {
        idle_timeout: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut fresh = server.client().await;
    let mut used = server.client().await;
    used.post("/", "x").await;
    assert_eq!(used.answer().await.text(), "x");
    fresh.expect_close().await;
    used.expect_close().await;
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut() {
    let service = Scripted::default();
    let server = Server::with(service.clone(), quick()).await;
    let mut client = Client::with_small_window(server.address).await;
    client.post("/large", "").await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    // A reset throws away what was still on its way.
    match client.rest().await {
        Ok(bytes) => assert!(bytes.len() < 32_000_000),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
    assert_eq!(server.stop().await.unwrap().cut, 0);
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_everything() {
    let server = Server::start(quick()).await;
    let mut client = server.client().await;
    client.post("/large", "").await;
    let head = client.head().await;
    assert!(head.contains("content-length: 32000000"), "{head}");
    let start = Instant::now();
    let mut received = client.buffered();
    let mut chunk = vec![0; 1_000_000];
    while received < 32_000_000 {
        let read = soon(client.stream.read(&mut chunk)).await.unwrap();
        assert_ne!(read, 0, "cut after {received}");
        received += read;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(start.elapsed() > quick().write_timeout);
}
