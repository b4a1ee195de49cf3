//! Requests as they should be, in all the forms HTTP/1 has for them.

use pipetape_serve::Limits;
use tokio::io::AsyncWriteExt;

use crate::server::Server;

#[tokio::test]
async fn three_calls_on_one_connection() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    for body in ["one", "", "three"] {
        client.post("/", body).await;
        let answer = client.answer().await;
        assert_eq!((answer.status(), answer.text().as_str()), (200, body));
        assert_eq!(answer.header("connection").as_deref(), None);
        assert_eq!(answer.header("date").as_deref(), None);
    }
    drop(client);
    let summary = server.stop().await.unwrap();
    assert_eq!((summary.accepted, summary.cut), (1, 0));
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    let mut requests = String::new();
    for body in 0..50 {
        let body = format!("body {body}");
        requests += &format!(
            "POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
    }
    client.send(requests).await;
    for body in 0..50 {
        assert_eq!(client.answer().await.text(), format!("body {body}"));
    }
}

#[tokio::test]
async fn a_request_in_single_bytes() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    for byte in b"POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nbody" {
        client.send([*byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.answer().await.text(), "body");
}

#[tokio::test]
async fn chunks_and_trailers() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client
        .send(
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n\
             3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nx-late: 1\r\n\r\n",
        )
        .await;
    assert_eq!(client.answer().await.text(), "abcde");
    client.post("/", "again").await;
    assert_eq!(client.answer().await.text(), "again");
}

#[tokio::test]
async fn a_large_body_comes_back_whole() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    let body: String = (0..400_000)
        .map(|index| char::from(b'a' + (index % 26) as u8))
        .collect();
    for _ in 0..2 {
        client.post("/", &body).await;
        assert!(client.answer().await.text() == body);
    }
    client
        .send("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    for piece in body.as_bytes().chunks(70_000) {
        client.send(format!("{:x}\r\n", piece.len())).await;
        client.send(piece).await;
        client.send("\r\n").await;
    }
    client.send("0\r\n\r\n").await;
    assert!(client.answer().await.text() == body);
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client
        .send("POST / HTTP/1.0\r\ncontent-length: 3\r\n\r\nold")
        .await;
    let answer = client.answer().await;
    assert_eq!(answer.text(), "old");
    assert!(answer.start_line().starts_with("HTTP/1.0 200"));
    client.expect_close().await;
}

#[tokio::test]
async fn a_client_that_closes_its_sending_half_gets_its_answer() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client.post("/", "last words").await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.answer().await.text(), "last words");
    client.expect_close().await;
}

#[tokio::test]
async fn every_form_of_target_reaches_the_service() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    for (line, expected) in [
        (
            "GET /describe?a=1",
            "GET /describe?a=1 HTTP/1.1 Some(\"h:1\")",
        ),
        (
            "POST http://example.com:80/describe",
            "POST http://example.com:80/describe HTTP/1.1 Some(\"example.com:80\")",
        ),
    ] {
        client
            .send(format!("{line} HTTP/1.1\r\nhost: h:1\r\n\r\n"))
            .await;
        assert_eq!(client.answer().await.text(), expected);
    }
    client.send("OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert_eq!(client.answer().await.status(), 200);
    client
        .send("CONNECT example.com:443 HTTP/1.0\r\n\r\n")
        .await;
    assert!(client.head().await.starts_with("HTTP/1.0 200"));
    client.expect_close().await;
}

#[tokio::test]
async fn connection_close_is_honoured() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client
        .send("POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx")
        .await;
    let answer = client.answer().await;
    assert_eq!(answer.text(), "x");
    assert_eq!(answer.header("connection").as_deref(), Some("close"));
    client.expect_close().await;
}

#[tokio::test]
async fn headers_keep_their_order_and_framing_is_ours() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client.post("/ordered", "").await;
    let answer = client.answer().await;
    assert_eq!(answer.text(), "{}");
    assert_eq!(
        String::from_utf8_lossy(&answer.head),
        "HTTP/1.1 200 OK\r\nx-one: 1\r\nx-two: 2\r\nx-three: 3\r\nx-four: 4\r\ncontent-length: 2\r\n\r\n"
    );
}

#[tokio::test]
async fn a_panic_costs_one_client_one_answer() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    for path in ["/panic", "/panic-at-once"] {
        client.post(path, "").await;
        let answer = client.answer().await;
        assert_eq!(answer.status(), 500);
        let body = &answer.text();
        let expected = r#"{"__type":"InternalFailure","message":"#;
        assert!(body.starts_with(expected), "{body}");
    }
    client.post("/", "still here").await;
    assert_eq!(client.answer().await.text(), "still here");
    assert_eq!(server.stop().await.unwrap().cut, 0);
}
