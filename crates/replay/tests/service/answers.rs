//! Answers come back byte for byte, whatever surrounds the request.

use pipetape_tape::{Exhausted, Outcome, PlaySummary, RecordedResponse};

use crate::client::exchange;
use crate::server::{ACK, Server, answered, recorded, tape, worker};

#[tokio::test]
async fn status_headers_and_body_are_the_recorded_ones() {
    let headers = [
        ("x-amzn-requestid", "r-1"),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-twice", "b"),
        ("x-twice", "a"),
        ("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ];
    let error = recorded(
        400,
        &headers,
        b"{ \"__type\":\"InvalidNonceException\" ,\"message\":\"\\u0041\"}",
    );
    let plain = RecordedResponse {
        headers: None,
        ..recorded(200, &[], b"{}")
    };
    let tape = tape([
        ("AcknowledgeJob", ACK, Outcome::Response(error)),
        (
            "PutJobSuccessResult",
            "{}",
            Outcome::Response(recorded(200, &[], b"")),
        ),
        (
            "GetJobDetails",
            "{}",
            Outcome::Response(recorded(200, &[], b"\xff\x00\r\n\r\n")),
        ),
        ("ListPipelines", "{}", Outcome::Response(plain)),
    ]);
    let server = Server::start(tape, Exhausted::Loop).await;
    // Twice, to the byte.
    for _ in 0..2 {
        let answer = server.call("/", "AcknowledgeJob", ACK).await;
        assert_eq!(
            answer.head,
            "HTTP/1.1 400 Bad Request\r\nx-amzn-requestid: r-1\r\ncontent-type: application/x-amz-json-1.1\r\n\
             x-twice: b\r\nx-twice: a\r\nconnection: close\r\ncontent-length: 55"
        );
        assert_eq!(
            answer.text(),
            "{ \"__type\":\"InvalidNonceException\" ,\"message\":\"\\u0041\"}"
        );
        let answer = server.call("/", "PutJobSuccessResult", "{}").await;
        assert_eq!(
            answer.head,
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0"
        );
        assert_eq!(answer.body, b"");
        let answer = server.call("/", "GetJobDetails", "{}").await;
        assert_eq!(answer.body, b"\xff\x00\r\n\r\n");
        let answer = server.call("/", "ListPipelines", "{}").await;
        assert_eq!(
            answer.header("content-type"),
            Some("application/x-amz-json-1.1")
        );
    }
    let summary = server.replay.summary();
    let expected = PlaySummary {
        served: 8,
        missed: 0,
        unplayed: 0,
        loosened: 0,
    };
    assert_eq!(summary, expected);
}

#[tokio::test]
async fn only_operation_and_body_count() {
    let server = Server::start(worker(), Exhausted::Loop).await;
    let target = "x-amz-target: CodePipeline_20150709.GetJobDetails";
    for (head, body) in [
        (
            format!("POST / HTTP/1.1\r\nhost: h\r\n{target}"),
            "{\"jobId\":\"a\"}",
        ),
        (
            format!(
                "PUT /any/path?q=1 HTTP/1.1\r\nhost: h\r\n{target}\r\nauthorization: AWS4-HMAC-SHA256 x"
            ),
            "{\"jobId\":\"\\u0061\"}",
        ),
        (
            format!("GET http://example.com/ HTTP/1.1\r\nhost: h\r\n{target}"),
            "{ \"jobId\" : \"a\", \"none\": null }",
        ),
        (format!("POST / HTTP/1.0\r\n{target}"), "{\"jobId\":\"a\"}"),
        (
            "POST / HTTP/1.1\r\nhost: h\r\nX-AMZ-TARGET: CodePipeline_20150709.GetJobDetails"
                .to_owned(),
            "{\"jobId\":\"a\"}",
        ),
    ] {
        let answer = exchange(server.address, &head, body.as_bytes())
            .await
            .unwrap();
        assert_eq!((answer.status(), answer.text()), (200, "details"), "{head}");
    }
    // To HEAD the same without the body.
    let head = format!("HEAD / HTTP/1.1\r\nhost: h\r\n{target}");
    let answer = exchange(server.address, &head, b"{\"jobId\":\"a\"}")
        .await
        .unwrap();
    assert_eq!(
        (answer.status(), answer.header("content-length")),
        (200, Some("7"))
    );
    assert_eq!(answer.body, b"");
}

#[tokio::test]
async fn a_large_body_comes_whole() {
    let large: String = (0..400_000)
        .map(|n| char::from(b'a' + (n % 23) as u8))
        .collect();
    let tape = tape([("GetPipeline", "{}", answered(&large))]);
    let server = Server::start(tape, Exhausted::Error).await;
    let answer = server.call("/", "GetPipeline", "{}").await;
    assert!(answer.text() == large);
}

#[tokio::test]
async fn an_exhausted_poll_finds_no_job() {
    let server = Server::start(worker(), Exhausted::Auto).await;
    assert_eq!(
        server.call("/", "PollForJobs", "{}").await.text(),
        "{\"jobs\":[1]}"
    );
    for _ in 0..2 {
        let answer = server.call("/", "PollForJobs", "{}").await;
        assert_eq!(
            answer.head,
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\ncontent-length: 11"
        );
        assert_eq!(answer.text(), "{\"jobs\":[]}");
    }
    assert_eq!(server.replay.summary().missed, 0);
}
