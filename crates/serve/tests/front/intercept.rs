//! Requests inside a connection that was asked for with `CONNECT`.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pipetape_serve::Limits;
use pipetape_serve::admin::{AdminGuard, AdminReply, AdminRequest, AdminRoutes, WithAdmin};
use pipetape_serve::intercept::{NoTunnels, WithInterception};
use pipetape_testkit::{Authority, Client, soon};
use tokio::io::AsyncWriteExt;

use crate::proxied::{Doors, HOST, Proxy};
use crate::server::{Scripted, Server, quick};

#[tokio::test]
async fn requests_inside_say_what_they_are_for() {
    let proxy = Proxy::start(Limits::default()).await;
    let mut client = proxy.client().await;
    for host in [HOST, "CodePipeline.US-EAST-1.amazonaws.com.:443"] {
        client
            .send(format!("GET /describe HTTP/1.1\r\nhost: {host}\r\n\r\n"))
            .await;
        assert_eq!(
            client.answer().await.text(),
            format!("GET /describe HTTP/1.1 Some({host:?}) for {HOST}:443")
        );
    }
    client
        .send(format!(
            "GET https://{HOST}/describe HTTP/1.1\r\nhost: localhost\r\n\r\n"
        ))
        .await;
    let described = client.answer().await.text();
    assert!(
        described.ends_with(&format!(" for {HOST}:443")),
        "{described}"
    );
    drop(client);
    let summary = soon(proxy.server.stop()).await.unwrap();
    assert_eq!((summary.accepted, summary.cut), (1, 0));
}

/// As botocore sends it; and as a client in a hurry does, with its first bytes of TLS in the same
/// packet.
#[tokio::test]
async fn connect_in_http_1_0_without_a_host() {
    let proxy = Proxy::start(Limits::default()).await;
    let mut client = proxy.server.client().await;
    client
        .send(format!("CONNECT {HOST}:443 HTTP/1.0\r\n\r\n"))
        .await;
    assert_eq!(client.head().await, "HTTP/1.0 200 OK\r\n\r\n");
    let stream = client.into_stream();
    let mut client = Client::on(proxy.authority.connect(stream, HOST).await.unwrap());
    client
        .send(format!(
            "POST / HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: 2\r\n\r\n{{}}"
        ))
        .await;
    assert_eq!(client.answer().await.text(), "{}");
}

#[tokio::test]
async fn connections_inside_are_kept_and_pipelined() {
    let proxy = Proxy::start(Limits::default()).await;
    let mut client = proxy.client().await;
    let large = "x".repeat(300_000);
    let mut requests = String::new();
    for body in ["one", &large, ""] {
        requests += &format!(
            "POST / HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
    }
    client.send(requests).await;
    client.stream.flush().await.unwrap();
    for body in ["one", &large, ""] {
        assert!(client.answer().await.text() == body);
    }
}

#[tokio::test]
async fn a_host_that_is_not_the_one_connected_to_is_refused() {
    let service = Scripted::default();
    let proxy = Proxy::with(service.clone(), Doors::default(), Limits::default()).await;
    for head in [
        "GET / HTTP/1.1\r\nhost: localhost".to_owned(),
        "GET /_pipetape/health HTTP/1.1\r\nhost: 127.0.0.1".to_owned(),
        "GET / HTTP/1.1\r\nhost: codepipeline.us-west-2.amazonaws.com".to_owned(),
        format!("GET / HTTP/1.1\r\nhost: {HOST}:80"),
        format!("GET / HTTP/1.1\r\nhost: {HOST}\r\nhost: {HOST}"),
        format!("GET http://localhost/ HTTP/1.1\r\nhost: {HOST}"),
        "GET / HTTP/1.0\r\nx: y".to_owned(),
    ] {
        let mut client = proxy.client().await;
        client.send(format!("{head}\r\n\r\n")).await;
        let answer = client.answer().await;
        assert_eq!(answer.status(), 403, "{head}");
        assert!(
            answer.text().contains("PipetapeForeignHostException"),
            "{head}"
        );
    }
    let mut client = proxy.client().await;
    client
        .send(format!(
            "CONNECT {HOST}:443 HTTP/1.1\r\nhost: {HOST}\r\n\r\n"
        ))
        .await;
    assert_eq!(client.answer().await.status(), 400);
    // Only the 200s of `CONNECT` came from the service's side of things.
    assert_eq!(service.calls.load(Ordering::SeqCst), 0);
    let refused = proxy.doors.refused.lock().unwrap().clone();
    assert_eq!(refused[..7], ["misdirected"; 7]);
    assert_eq!(refused[7..], ["nested_connect"]);
}

#[tokio::test]
async fn connect_is_refused_in_words() {
    let proxy = Proxy::start(Limits::default()).await;
    let foreign = [403, 403, 403, 403, 403];
    for (target, status) in [
        "s3.us-east-1.amazonaws.com:443",
        "codepipeline.us-east-1.amazonaws.com.evil.test:443",
        "codepipeline.us-east-1.amazonaws.com:8443",
        "127.0.0.1:443",
        "self.test:443",
    ]
    .into_iter()
    .zip(foreign)
    .chain([
        ("codepipeline.us-east-1.amazonaws.com", 400),
        ("user@codepipeline.us-east-1.amazonaws.com:443", 400),
        ("http://codepipeline.us-east-1.amazonaws.com:443/", 400),
        ("https://codepipeline.us-east-1.amazonaws.com/", 400),
        ("/", 400),
    ]) {
        let mut client = proxy.server.client().await;
        client
            .send(format!(
                "CONNECT {target} HTTP/1.1\r\nhost: {HOST}:443\r\n\r\n"
            ))
            .await;
        let head = client.head().await;
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{target}: {head}"
        );
    }
    let mut client = proxy.server.client().await;
    client
        .send("CONNECT s3.us-east-1.amazonaws.com:443 HTTP/1.1\r\n\r\n")
        .await;
    let answer = client.answer().await;
    let says = "s3.us-east-1.amazonaws.com:443 is not a host of CodePipeline, and pipetape connects to no other: \
         `pipetape record --intercept --tunnel s3.us-east-1.amazonaws.com` lets it through, unread and unrecorded";
    assert!(answer.text().contains(says), "{}", answer.text());
    // The connection is as good as before.
    client
        .send(format!(
            "CONNECT {HOST}:443 HTTP/1.1\r\ncontent-length: 1\r\n\r\nx"
        ))
        .await;
    assert_eq!(client.answer().await.status(), 400);
    client.post("/", "still here").await;
    assert_eq!(client.answer().await.text(), "still here");
}

#[tokio::test]
async fn without_an_interception_connect_is_told_what_would_help() {
    let doors = Doors::default();
    let service = WithInterception::new(Scripted::default(), doors.clone());
    let server = Server::with(service, Limits::default()).await;
    let mut client = server.client().await;
    client
        .send(format!("CONNECT {HOST}:443 HTTP/1.0\r\n\r\n"))
        .await;
    let answer = client.answer().await;
    assert_eq!(answer.status(), 403);
    assert!(answer.text().contains("--intercept"), "{}", answer.text());
    assert_eq!(*doors.refused.lock().unwrap(), ["not_intercepting"]);
}

/// What an ordinary HTTP proxy is asked for.
#[tokio::test]
async fn absolute_targets_of_codepipeline_are_taken_for_its_host() {
    let proxy = Proxy::start(Limits::default()).await;
    let mut client = proxy.server.client().await;
    for (host, expected) in [
        (HOST, Some(HOST)),
        ("example.com", None),
        ("localhost:4577", None),
    ] {
        client
            .send(format!(
                "GET http://{host}/describe HTTP/1.1\r\nhost: x\r\n\r\n"
            ))
            .await;
        let described = client.answer().await.text();
        let intercepted = expected.map(|host| format!(" for {host}:443"));
        let ends = intercepted.unwrap_or(format!("Some({host:?})"));
        assert!(described.ends_with(&ends), "{described}");
    }
}

struct NoRoutes;

impl AdminRoutes for NoRoutes {
    async fn route(&self, _request: AdminRequest) -> AdminReply {
        AdminReply::not_found()
    }
}

/// A hostile client's ways to the admin routes.
#[tokio::test]
async fn admin_routes_are_on_the_plain_port_alone() {
    let authority = Authority::for_host(HOST);
    let service = WithAdmin::new(Scripted::default(), AdminGuard::default(), NoRoutes);
    let service =
        WithInterception::new(service, NoTunnels).intercepting(Arc::clone(&authority.server));
    let proxy = Proxy {
        server: Server::with(service, Limits::default()).await,
        authority,
        doors: Doors::default(),
    };
    let path = "/_pipetape/health";
    let ok = r#"{"status":"ok"}"#;
    for (line, host, inside, expected) in [
        (format!("GET {path}"), "localhost", false, Some(ok)),
        (format!("GET http://localhost{path}"), "x", false, Some(ok)),
        (format!("GET {path}"), HOST, false, None),
        (format!("GET http://{HOST}{path}"), "localhost", false, None),
        (format!("GET {path}"), HOST, true, None),
        (format!("GET {path}"), "localhost", true, None),
        (format!("GET http://localhost{path}"), HOST, true, None),
        (format!("GET https://{HOST}{path}"), "localhost", true, None),
    ] {
        let bytes = format!("{line} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let answer = if inside {
            let mut client = proxy.client().await;
            client.send(bytes).await;
            client.answer().await
        } else {
            let mut client = proxy.server.client().await;
            client.send(bytes).await;
            client.answer().await
        };
        let found = (answer.text() == ok).then_some(ok);
        assert_eq!(found, expected, "{line}, host {host}, inside: {inside}");
    }
}

/// A truncated answer is one to TLS too: no goodbye.
#[tokio::test]
async fn cuts_and_resets_inside() {
    let proxy = Proxy::start(Limits::default()).await;
    let head = format!("HTTP/1.1\r\nhost: {HOST}\r\n\r\n");
    for (path, sent) in [
        (
            "/truncated",
            "HTTP/1.1 200 OK\r\nx-one: 1\r\nx-two: 2\r\nx-three: 3\r\nx-four: 4\r\ncontent-length: 1000\r\n\r\n0123456789",
        ),
        (
            "/truncated-chunked",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nA\r\n0123456789\r\n",
        ),
    ] {
        let mut client = proxy.client().await;
        client.send(format!("GET {path} {head}")).await;
        let mut came = String::new();
        let error = loop {
            let mut byte = [0];
            match soon(tokio::io::AsyncReadExt::read(&mut client.stream, &mut byte)).await {
                Ok(0) => panic!("the client was told that this is all"),
                Ok(_) => came.push(char::from(byte[0])),
                Err(error) => break error,
            }
        };
        assert_eq!(came, sent);
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }
    let mut client = proxy.client().await;
    client.send(format!("GET /truncated-large {head}")).await;
    assert!(client.head().await.contains("content-length: 4000000"));
    let mut count = client.buffered();
    let mut buffer = vec![0; 1 << 16];
    while let Ok(more) = soon(tokio::io::AsyncReadExt::read(
        &mut client.stream,
        &mut buffer,
    ))
    .await
    {
        assert_ne!(more, 0);
        count += more;
    }
    assert_eq!(count, 3_000_000);

    let mut client = proxy.client().await;
    client.send(format!("GET /reset {head}")).await;
    let error = client.rest().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

/// A whole answer, and the end of the connection behind it, say goodbye.
#[tokio::test]
async fn a_whole_answer_ends_with_a_goodbye() {
    let proxy = Proxy::start(Limits::default()).await;
    let mut client = proxy.client().await;
    client
        .send(format!(
            "GET /ordered HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n"
        ))
        .await;
    assert_eq!(client.answer().await.text(), "{}");
    client.expect_close().await;
}

#[tokio::test]
async fn limits_hold_inside() {
    let mut limits = quick();
    limits.max_body = 1000;
    let proxy = Proxy::start(limits).await;
    let mut client = proxy.client().await;
    client
        .send(format!("POST / HTTP/1.1\r\nhost: {HOST}\r\n"))
        .await;
    assert_eq!(client.answer().await.status(), 408);
    client.expect_close().await;

    let mut client = proxy.client().await;
    client
        .send(format!(
            "POST / HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: 10\r\n\r\nx"
        ))
        .await;
    assert_eq!(client.answer().await.status(), 408);

    let mut client = proxy.client().await;
    let body = "x".repeat(1001);
    client
        .send(format!(
            "POST / HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: 1001\r\n\r\n{body}"
        ))
        .await;
    assert_eq!(client.answer().await.status(), 413);
    client.expect_close().await;

    // Says nothing at all.
    let mut client = proxy.client().await;
    client.expect_close().await;

    // Takes nothing of what it asked for.
    let mut client = proxy.client().await;
    client
        .send(format!("GET /large HTTP/1.1\r\nhost: {HOST}\r\n\r\n"))
        .await;
    tokio::time::sleep(3 * quick().write_timeout).await;
    assert!(client.rest().await.is_err());
}

#[tokio::test]
async fn a_stop_lets_calls_inside_finish_and_closes_the_rest() {
    let service = Scripted::default();
    let proxy = Proxy::with(service.clone(), Doors::default(), Limits::default()).await;
    let mut idle = proxy.client().await;
    let mut unshaken = Client::on(proxy.connected(&format!("{HOST}:443")).await);
    let mut busy = proxy.client().await;
    busy.send(format!("GET /wait HTTP/1.1\r\nhost: {HOST}\r\n\r\n"))
        .await;
    while service.calls.load(Ordering::SeqCst) < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stopped = proxy.server.stop();
    idle.expect_close().await;
    unshaken.expect_close().await;
    assert!(!stopped.is_finished());
    service.gate.add_permits(1);
    let answer = busy.answer().await;
    assert_eq!(
        (
            answer.text().as_str(),
            answer.header("connection").as_deref()
        ),
        ("waited", Some("close"))
    );
    busy.expect_close().await;
    let summary = soon(stopped).await.unwrap();
    assert_eq!((summary.accepted, summary.cut), (3, 0));
}

#[tokio::test]
async fn a_call_inside_that_outlasts_the_drain_is_cut_and_counted() {
    let service = Scripted::default();
    let proxy = Proxy::with(service.clone(), Doors::default(), quick()).await;
    let mut client = proxy.client().await;
    client
        .send(format!("GET /wait HTTP/1.1\r\nhost: {HOST}\r\n\r\n"))
        .await;
    while service.calls.load(Ordering::SeqCst) < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(soon(proxy.server.stop()).await.unwrap().cut, 1);
    assert!(client.rest().await.is_err());
}

/// An exchange that has begun is kept, whatever becomes of its client.
#[tokio::test]
async fn a_call_inside_outlives_its_client() {
    let service = Scripted::default();
    let proxy = Proxy::with(service.clone(), Doors::default(), Limits::default()).await;
    let mut client = proxy.client().await;
    client
        .send(format!("GET /wait HTTP/1.1\r\nhost: {HOST}\r\n\r\n"))
        .await;
    while service.calls.load(Ordering::SeqCst) < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // No goodbye: the socket alone is closed.
    drop(client);
    tokio::time::sleep(Duration::from_millis(50)).await;
    service.gate.add_permits(1);
    soon(proxy.server.stop()).await.unwrap();
    assert_eq!(service.finished.load(Ordering::SeqCst), 1);
}

/// Such a service is wrong; its client must not hang for it.
#[tokio::test]
async fn what_is_no_connect_turns_into_nothing() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client.post("/misused", "").await;
    assert_eq!(client.answer().await.status(), 500);
}
