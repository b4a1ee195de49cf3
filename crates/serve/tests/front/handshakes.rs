//! Handshakes that come to nothing: none may hang, and none may harm anybody else.

use std::time::{Duration, Instant};

use pipetape_serve::Limits;
use pipetape_testkit::{Authority, Client, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::proxied::{HOST, Proxy};
use crate::server::quick;

#[tokio::test]
async fn bytes_that_are_no_handshake_end_the_connection() {
    let proxy = Proxy::start(Limits::default()).await;
    for bytes in [
        b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        vec![0; 100_000],
        vec![22, 3, 1, 255, 255, 1, 0, 255, 251],
        // A record of a length that no record has, and a hello that never ends.
        [&[22, 3, 1, 64, 0, 1, 255, 255, 255][..], &[7; 200_000]].concat(),
        vec![21, 3, 3, 0, 2, 2, 40],
    ] {
        let mut stream = proxy.connected(&format!("{HOST}:443")).await;
        // It may be closed while we still write.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut rest = Vec::new();
        let _ = soon(stream.read_to_end(&mut rest)).await;
        // An alert at most.
        assert!(rest.len() <= 7, "{rest:?}");
    }
    let mut client = proxy.client().await;
    client
        .send(format!("GET /ordered HTTP/1.1\r\nhost: {HOST}\r\n\r\n"))
        .await;
    assert_eq!(client.answer().await.text(), "{}");
}

#[tokio::test]
async fn half_a_handshake_and_silence_are_given_up() {
    let proxy = Proxy::start(quick()).await;
    let start = Instant::now();
    for bytes in [&b""[..], &[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]] {
        let mut stream = proxy.connected(&format!("{HOST}:443")).await;
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        let _ = soon(stream.read_to_end(&mut rest)).await;
        assert_eq!(rest, b"");
    }
    assert!(start.elapsed() >= 2 * quick().head_timeout);
}

#[tokio::test]
async fn a_name_that_was_not_connected_to_is_refused_before_a_key_is_agreed_on() {
    let proxy = Proxy::start(Limits::default()).await;
    let stream = proxy.connected(&format!("{HOST}:443")).await;
    let error = proxy
        .authority
        .connect(stream, "codepipeline.us-west-2.amazonaws.com")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("UnrecognisedName"), "{error}");
}

#[tokio::test]
async fn a_client_that_trusts_another_root_goes_away() {
    let mut proxy = Proxy::start(Limits::default()).await;
    proxy.authority.root = Authority::for_host(HOST).root;
    let stream = proxy.connected(&format!("{HOST}:443")).await;
    let error = proxy.authority.connect(stream, HOST).await.unwrap_err();
    assert!(
        error.to_string().contains("invalid peer certificate"),
        "{error}"
    );
    assert_eq!(soon(proxy.server.stop()).await.unwrap().cut, 0);
}

/// The `CONNECT` and the first bytes of TLS in one packet.
#[tokio::test]
async fn a_client_in_a_hurry() {
    let proxy = Proxy::start(Limits::default()).await;
    let name = rustls::pki_types::ServerName::try_from(HOST).unwrap();
    let mut hello = Vec::new();
    let mut session = rustls::ClientConnection::new(proxy.authority.client(), name).unwrap();
    session.write_tls(&mut hello).unwrap();
    let mut client = proxy.server.client().await;
    let connect = format!("CONNECT {HOST}:443 HTTP/1.1\r\n\r\n");
    client.send([connect.as_bytes(), &hello].concat()).await;
    assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\n\r\n");
    // A hello of the server, and no alert.
    let record = client.exactly(6).await;
    assert_eq!((record[0], record[5]), (22, 2));
}

#[tokio::test]
async fn a_thousand_that_connect_and_say_nothing() {
    let limits = Limits {
        head_timeout: Duration::from_secs(3),
        ..Limits::default()
    };
    let proxy = Proxy::start(limits).await;
    let mut silent = Vec::new();
    for _ in 0..1000 {
        silent.push(proxy.connected(&format!("{HOST}:443")).await);
    }
    // Others are served meanwhile.
    let mut client = proxy.client().await;
    client
        .send(format!("GET /ordered HTTP/1.1\r\nhost: {HOST}\r\n\r\n"))
        .await;
    assert_eq!(client.answer().await.text(), "{}");
    for stream in silent {
        Client::on(stream).expect_close().await;
    }
    drop(client);
    let summary = soon(proxy.server.stop()).await.unwrap();
    assert_eq!((summary.accepted, summary.cut), (1001, 0));
}

/// Connections behind a `CONNECT` count as any others.
#[tokio::test]
async fn connected_ones_count_among_the_most() {
    let limits = Limits {
        max_connections: 2,
        ..Limits::default()
    };
    let proxy = Proxy::start(limits).await;
    let first = proxy.client().await;
    let _second = proxy.client().await;
    let mut third = proxy.server.client().await;
    third.post("/", "waiting").await;
    let early = tokio::time::timeout(Duration::from_millis(100), third.answer()).await;
    assert!(early.is_err());
    drop(first);
    assert_eq!(third.answer().await.text(), "waiting");
}
