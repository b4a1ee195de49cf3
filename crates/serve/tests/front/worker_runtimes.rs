//! Connections on several threads.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use pipetape_serve::{
    DateHeader, Limits, Listener, Reply, Request, ServeSummary, Service, WorkerRuntimes,
};
use pipetape_testkit::{Client, soon};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Answers with the name of the thread that it is called on; `/wait` does not end.
struct ThreadName;

impl Service for ThreadName {
    async fn call(&self, request: &mut Request) -> Reply {
        if request.uri.path() == "/wait" {
            std::future::pending::<()>().await;
        }
        // To be polled again, as where something was waited for.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let name = thread::current().name().unwrap_or_default().to_owned();
        Reply::from(Response::new(Bytes::from(name)))
    }
}

async fn start(
    workers: usize,
    drain: Duration,
) -> (
    std::net::SocketAddr,
    oneshot::Sender<()>,
    JoinHandle<ServeSummary>,
) {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap()
        .on(WorkerRuntimes::start(workers).unwrap());
    let address = listener.local_addr();
    let (stop, stopped) = oneshot::channel();
    let limits = Limits {
        drain,
        ..Limits::default()
    };
    let serving = tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        listener
            .serve(ThreadName, limits, DateHeader::AsGiven, stopped)
            .await
    });
    (address, stop, serving)
}

#[tokio::test]
async fn each_connection_stays_on_one_thread_and_all_threads_have_some() {
    let (address, stop, serving) = start(2, Duration::from_secs(10)).await;
    let mut clients = Vec::new();
    for _ in 0..9 {
        clients.push(Client::connect(address).await);
    }
    let mut names = Vec::new();
    for client in &mut clients {
        let mut own = BTreeSet::new();
        for _ in 0..5 {
            client.post("/", "").await;
            own.insert(client.answer().await.text());
        }
        assert_eq!(own.len(), 1, "{own:?}");
        names.extend(own);
    }
    let here = thread::current().name().unwrap_or_default().to_owned();
    for name in [here.as_str(), "worker-1", "worker-2"] {
        let count = names.iter().filter(|found| *found == name).count();
        assert_eq!(count, 3, "{name} in {names:?}");
    }
    drop(stop);
    // Idle ones are closed wherever they are.
    assert_eq!(soon(serving).await.unwrap().cut, 0);
    for client in &mut clients {
        client.expect_close().await;
    }
}

#[tokio::test]
async fn what_outlasts_the_drain_is_cut_on_every_thread() {
    let (address, stop, serving) = start(1, Duration::from_millis(100)).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = Client::connect(address).await;
        client.post("/wait", "").await;
        clients.push(client);
    }
    // Until they have begun.
    let mut asking = Client::connect(address).await;
    asking.post("/", "").await;
    asking.answer().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let start = Instant::now();
    drop(stop);
    assert_eq!(soon(serving).await.unwrap().cut, 4);
    assert!(start.elapsed() >= Duration::from_millis(100));
    for client in &mut clients {
        assert_eq!(client.rest().await.unwrap_or_default(), b"");
    }
}
