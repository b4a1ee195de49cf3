//! Heads that HTTP, or our limits, do not allow.

use pipetape_serve::Limits;
use pipetape_testkit::Client;

use crate::server::Server;

/// What the server answers, and that it closes then.
async fn check(head: impl AsRef<[u8]>, expected: &str) {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client.send(head).await;
    let answer = client.head().await;
    assert!(answer.starts_with(expected), "{answer}");
    client.expect_close().await;
}

#[tokio::test]
async fn two_lengths_are_refused() {
    check(
        "POST / HTTP/1.1\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        "HTTP/1.1 400",
    )
    .await;
}

#[tokio::test]
async fn a_length_that_is_no_number_is_refused() {
    for length in ["-1", "+1", "1,2", "0x1", "99999999999999999999"] {
        check(
            format!("POST / HTTP/1.1\r\ncontent-length: {length}\r\n\r\n"),
            "HTTP/1.1 400",
        )
        .await;
    }
}

#[tokio::test]
async fn malformed_lines_are_refused() {
    for head in [
        "\u{1}\u{2}\u{3}\r\n\r\n",
        "POST\r\n\r\n",
        "POST / HTTP/3.7\r\n\r\n",
        "POST / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\nname : value\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
    ] {
        check(head, "HTTP/1.1 400").await;
    }
}

#[tokio::test]
async fn too_many_headers() {
    let mut head = "POST / HTTP/1.1\r\n".to_owned();
    for number in 0..101 {
        head += &format!("x-{number}: 1\r\n");
    }
    check(head + "\r\n", "HTTP/1.1 431").await;
}

/// The client is still sending when it is refused; it must not be reset before it has read why.
#[tokio::test]
async fn a_head_of_a_megabyte() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client
        .send(format!(
            "POST / HTTP/1.1\r\nx: {}\r\n\r\n",
            "y".repeat(1 << 20)
        ))
        .await;
    let answer = client.head().await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    client.expect_close().await;
}

#[tokio::test]
async fn a_head_just_below_the_limit_passes() {
    let server = Server::start(Limits::default()).await;
    let mut client = Client::connect(server.address).await;
    client
        .send(format!(
            "POST / HTTP/1.1\r\nx: {}\r\n\r\n",
            "y".repeat(60 * 1024)
        ))
        .await;
    assert_eq!(client.answer().await.status(), 200);
}

#[tokio::test]
async fn http_2_is_not_spoken() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    // Closed or refused, but not left hanging.
    let _ = client.rest().await;
}
