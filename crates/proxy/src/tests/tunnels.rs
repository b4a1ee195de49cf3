//! Tunnels to hosts that the user has named: nothing of them is kept or logged.

use std::net::SocketAddr;

use hyper_util::client::proxy::matcher::Matcher;
use pipetape_testkit::{Authority, Client, Log, soon};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::proxies::{Tunnel, proxy};
use crate::testing::{Intercepted, MemoryLog, Options, Record};

/// Sends back what it gets.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
                let _ = to.shutdown().await;
            });
        }
    });
    address
}

async fn start(change: impl FnOnce(&mut Intercepted)) -> (Record, MemoryLog) {
    let mut intercepted = Intercepted::by(&Authority::for_host("localhost"));
    change(&mut intercepted);
    let mut options = Options::to("http://127.0.0.1:1");
    options.intercepted = Some(intercepted);
    Record::start(options).await
}

async fn connect(record: &Record, target: &str) -> (Client, u16, String) {
    let mut client = record.client().await;
    let answer = client
        .ask(format!("CONNECT {target} HTTP/1.1\r\n\r\n"))
        .await;
    (client, answer.status(), answer.text())
}

#[tokio::test]
async fn bytes_pass_and_leave_no_trace() {
    let far = echo().await;
    let (log, _guard) = Log::capture("trace");
    let (record, kept) = start(|intercepted| {
        intercepted.tunnel = vec!["*.example.test"];
        intercepted.resolve = vec![format!("www.example.test:8443:{far}")];
    })
    .await;
    let (mut client, status, _) = connect(&record, "WWW.example.test:8443").await;
    assert_eq!(status, 200);
    let secret = "POST / HTTP/1.1\r\nX-Amz-Target: CodePipeline_20150709.PollForJobs\r\n\r\n";
    client.send(secret).await;
    client.end().await;
    assert_eq!(client.rest().await.unwrap(), secret.as_bytes());
    assert_eq!(kept.kept().len(), 0);
    soon(record.stop()).await;
    let text = log.text();
    assert!(text.contains("www.example.test:8443"), "{text}");
    assert!(!text.contains("PollForJobs"), "{text}");
}

#[tokio::test]
async fn through_the_users_own_proxy() {
    let far = echo().await;
    let (address, asked) = proxy(Tunnel::To(far)).await;
    let (record, _kept) = start(|intercepted| {
        intercepted.tunnel = vec!["www.example.test"];
        intercepted.proxies = Matcher::builder()
            .all(format!("http://me:pass@{address}"))
            .build();
    })
    .await;
    let (mut client, status, _) = connect(&record, "www.example.test:443").await;
    assert_eq!(status, 200);
    client.send("x").await;
    client.end().await;
    assert_eq!(client.rest().await.unwrap(), b"x");
    let asked = asked.lock().unwrap().clone();
    assert_eq!(
        asked[0].start_line(),
        "CONNECT www.example.test:443 HTTP/1.1"
    );
}

#[tokio::test]
async fn what_has_no_tunnel_is_refused_and_counted() {
    let (record, _kept) = start(|intercepted| {
        intercepted.tunnel = vec!["www.example.test"];
        // Nobody is connected to for a refusal.
        intercepted.proxies = Matcher::builder().all("http://127.0.0.1:1").build();
    })
    .await;
    for target in ["example.test:443", "s3.amazonaws.com:443", "127.0.0.1:80"] {
        let (_client, status, text) = connect(&record, target).await;
        assert_eq!(status, 403, "{text}");
        assert!(text.contains("--tunnel"), "{text}");
    }
    assert_eq!(record.tally.total_refused(), 3);
    assert!(
        record
            .tally
            .metrics()
            .contains("{reason=\"connect_host\"} 3")
    );
}

#[tokio::test]
async fn a_tunnel_to_ourselves_is_refused_by_name_and_by_address() {
    let (record, _kept) = start(|intercepted| {
        intercepted.tunnel = vec!["*"];
        intercepted.resolve = vec!["us.example.test:443:SELF".to_owned()];
    })
    .await;
    let port = record.address.port();
    for target in [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("0.0.0.0:{port}"),
        "us.example.test:443".to_owned(),
    ] {
        let (_client, status, text) = connect(&record, &target).await;
        assert_eq!(status, 403, "{text}");
        assert!(text.contains("lead back to pipetape"), "{text}");
    }
}

#[tokio::test]
async fn nobody_there_and_no_answer_are_bad_gateways() {
    let deserted = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = deserted.local_addr().unwrap();
    drop(deserted);
    // Takes connections and answers none.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxies = Matcher::builder()
        .all(format!("http://{}", silent.local_addr().unwrap()))
        .build();
    let (record, _kept) = start(|intercepted| {
        intercepted.tunnel = vec!["*.example.test"];
        intercepted.resolve = vec![format!("gone.example.test:443:{gone}")];
        intercepted.proxies = proxies;
    })
    .await;
    for (target, says) in [
        ("gone.example.test:443", "refused"),
        ("silent.example.test:443", "no answer in 1s"),
    ] {
        let (_client, status, text) = connect(&record, target).await;
        assert_eq!(status, 502, "{text}");
        assert!(text.contains(says), "{text}");
    }
}
