//! Stopping a server.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pipetape_serve::{BindError, DateHeader, Limits, Listener};
use pipetape_testkit::{Client, soon};

use crate::server::{Scripted, Server, quick};

#[tokio::test]
async fn the_call_in_flight_finishes_and_idle_connections_close() {
    let service = Scripted::default();
    let server = Server::with(service.clone(), Limits::default()).await;
    let address = server.address;
    let mut fresh = server.client().await;
    let mut idle = server.client().await;
    idle.post("/", "x").await;
    assert_eq!(idle.answer().await.text(), "x");
    let mut busy = server.client().await;
    busy.post("/wait", "").await;
    while service.calls.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    let stopped = server.stop();
    idle.expect_close().await;
    fresh.expect_close().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert!(!stopped.is_finished());
    service.gate.add_permits(1);
    let answer = busy.answer().await;
    assert_eq!(answer.text(), "waited");
    assert_eq!(answer.header("connection").as_deref(), Some("close"));
    busy.expect_close().await;
    let summary = soon(stopped).await.unwrap();
    assert_eq!((summary.accepted, summary.cut), (3, 0));
}

#[tokio::test]
async fn what_outlasts_the_drain_is_cut_and_counted() {
    let service = Scripted::default();
    let server = Server::with(service.clone(), quick()).await;
    let mut clients = Vec::new();
    for count in 1..=3 {
        let mut client = server.client().await;
        client.post("/wait", "").await;
        while service.calls.load(Ordering::SeqCst) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        clients.push(client);
    }
    let start = Instant::now();
    let summary = soon(server.stop()).await.unwrap();
    assert_eq!(summary.cut, 3);
    assert!(start.elapsed() >= quick().drain);
    for mut client in clients {
        // Cut without an answer, whichever way the kernel words it.
        assert_eq!(client.rest().await.unwrap_or_default(), b"");
    }
    assert_eq!(service.finished.load(Ordering::SeqCst), 0);
}

/// When the server returns, its service has nothing left to do: what it counted is final.
#[tokio::test]
async fn a_stop_that_is_cut_short_still_drops_every_call() {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let mut client = Client::connect(listener.local_addr()).await;
    let service = Scripted::default();
    let called = async {
        client.post("/wait", "").await;
        while service.calls.load(Ordering::SeqCst) < 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let limits = Limits {
        drain: Duration::from_secs(3600),
        ..Limits::default()
    };
    let given = DateHeader::AsGiven;
    let serving = listener.serve_until(service.clone(), limits, given, called, async {});
    assert_eq!(soon(serving).await.cut, 1);
    assert_eq!(Arc::strong_count(&service.calls), 1);
    assert_eq!(client.rest().await.unwrap_or_default(), b"");
}

/// A client gone in the middle of a call does not end the call: what it does is kept.
#[tokio::test]
async fn a_call_outlives_its_client() {
    let service = Scripted::default();
    let server = Server::with(service.clone(), Limits::default()).await;
    let mut client = server.client().await;
    client.post("/wait", "").await;
    while service.calls.load(Ordering::SeqCst) < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(client);
    tokio::time::sleep(Duration::from_millis(50)).await;
    service.gate.add_permits(1);
    soon(server.stop()).await.unwrap();
    assert_eq!(service.finished.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_taken_address_is_told_with_what_to_do() {
    let first = Listener::bind("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let error = Listener::bind(first.local_addr()).await.unwrap_err();
    assert!(matches!(error, BindError::InUse { .. }));
    assert_eq!(
        error.to_string(),
        format!(
            "{} is already in use: choose another with --listen, or port 0 for any free one",
            first.local_addr()
        )
    );
    let error = Listener::bind("192.0.2.1:0".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, BindError::NotOurs { .. }));
}
