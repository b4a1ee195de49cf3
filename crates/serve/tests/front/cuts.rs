//! Answers that end too early, on purpose.

use std::io::ErrorKind;

use pipetape_serve::Limits;

use crate::server::Server;

/// Everything a client is given for one request, to the last byte.
async fn check(target: &str, expected: &str) {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client.post(target, "").await;
    let given = client.rest().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&given), expected);
    assert_eq!(server.stop().await.unwrap().cut, 0);
}

#[tokio::test]
async fn cut_at_the_byte_with_the_length_declared() {
    check(
        "/truncated",
        "HTTP/1.1 200 OK\r\nx-one: 1\r\nx-two: 2\r\nx-three: 3\r\nx-four: 4\r\ncontent-length: 1000\r\n\r\n0123456789",
    )
    .await;
}

#[tokio::test]
async fn cut_within_a_chunked_body() {
    check(
        "/truncated-chunked",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nA\r\n0123456789\r\n",
    )
    .await;
}

#[tokio::test]
async fn cut_right_behind_the_head() {
    check(
        "/truncated-empty",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
    )
    .await;
}

#[tokio::test]
async fn cut_behind_a_whole_body() {
    check(
        "/truncated-whole",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n01234",
    )
    .await;
}

#[tokio::test]
async fn a_large_body_is_cut_at_the_byte_too() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client.post("/truncated-large", "").await;
    let head = client.head().await;
    assert!(head.contains("content-length: 4000000"), "{head}");
    assert_eq!(client.rest().await.unwrap().len(), 3_000_000);
}

#[tokio::test]
async fn a_head_request_is_cut_behind_the_head() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client
        .send("HEAD /truncated-empty HTTP/1.1\r\nhost: h\r\n\r\n")
        .await;
    let given = client.rest().await.unwrap();
    assert_eq!(
        String::from_utf8_lossy(&given),
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
    );
}

#[tokio::test]
async fn a_reset_gives_no_byte() {
    let server = Server::start(Limits::default()).await;
    for body in ["", "with a body"] {
        let mut client = server.client().await;
        client.post("/reset", body).await;
        let error = client.rest().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

#[tokio::test]
async fn a_reset_may_follow_an_answer() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client.post("/", "first").await;
    assert_eq!(client.answer().await.text(), "first");
    client.post("/reset", "").await;
    let error = client.rest().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}
