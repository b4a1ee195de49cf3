//! Many clients at once.

use std::time::Duration;

use pipetape_serve::Limits;
use pipetape_testkit::{Client, soon};

use crate::server::Server;

#[tokio::test]
async fn a_thousand_connections() {
    let server = Server::start(Limits::default()).await;
    let mut clients = Vec::new();
    for _ in 0..1000 {
        clients.push(server.client().await);
    }
    for round in 0..2 {
        for (number, client) in clients.iter_mut().enumerate() {
            client.post("/", &format!("{round} {number}")).await;
        }
        for (number, client) in clients.iter_mut().enumerate() {
            assert_eq!(client.answer().await.text(), format!("{round} {number}"));
        }
    }
    let summary = soon(server.stop()).await.unwrap();
    assert_eq!((summary.accepted, summary.cut), (1000, 0));
}

/// Linux resets what it has no room to keep.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_thousand_clients_connect_before_the_first_is_accepted() {
    let listener = pipetape_serve::Listener::bind("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let mut clients = Vec::new();
    for _ in 0..1000 {
        clients.push(Client::connect(listener.local_addr()).await);
    }
    assert_eq!(clients.len(), 1000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_on_two_threads() {
    let server = Server::start(Limits::default()).await;
    let address = server.address;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100 {
        tasks.spawn(async move {
            let mut client = Client::connect(address).await;
            for _ in 0..20 {
                let body = "x".repeat(number * 37);
                client.post("/", &body).await;
                assert_eq!(client.answer().await.text(), body);
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    assert_eq!(soon(server.stop()).await.unwrap().accepted, 100);
}

#[tokio::test]
async fn connections_beyond_the_most_wait_their_turn() {
    let limits = Limits {
        max_connections: 2,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut first = server.client().await;
    let mut second = server.client().await;
    for client in [&mut first, &mut second] {
        client.post("/", "in").await;
        assert_eq!(client.answer().await.text(), "in");
    }
    let mut third = server.client().await;
    third.post("/", "waiting").await;
    let early = tokio::time::timeout(Duration::from_millis(100), third.answer()).await;
    assert!(early.is_err());
    drop(first);
    assert_eq!(third.answer().await.text(), "waiting");
}
