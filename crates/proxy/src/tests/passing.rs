//! Answers that pass through, byte for byte, and are kept.

use pipetape_testkit::Message;

use crate::testing::{Act, Options, Record, Upstream, ok, post};

async fn answered(act: Act) -> (Message, pipetape_tape::Exchange, Upstream) {
    let upstream = Upstream::start([act]).await;
    let (record, log) = Record::start(Options::to(&upstream.url())).await;
    let answer = record
        .client()
        .await
        .ask(post("PollForJobs", "", "{}"))
        .await;
    (answer, log.only(), upstream)
}

/// `expected`: status, headers (framing aside), body.
async fn check(act: Act, expected: (u16, &[(&str, &str)], &[u8])) {
    let (answer, kept, upstream) = answered(act).await;
    let (status, headers, body) = expected;
    assert_eq!(answer.status(), status);
    let found: Vec<_> = answer
        .headers()
        .into_iter()
        .map(|(name, value)| (name, String::from_utf8(value).unwrap()))
        .filter(|(name, _)| name != "content-length")
        .collect();
    let expected: Vec<_> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(answer.body, body);
    assert_eq!(kept.outcome.response().unwrap().status, status);
    assert_eq!(upstream.received().len(), 1);
}

#[tokio::test]
async fn whole_answers_of_every_kind() {
    let send = |text: &str| Act::Send(text.as_bytes().to_vec());
    check(
        send(
            "HTTP/1.1 200 OK\r\nx-amzn-RequestId: 1\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nB: 1\r\n\
             Connection: keep-alive, C\r\nKeep-Alive: timeout=5\r\nC: 1\r\nA: 1\r\nB: 2\r\n\
             Content-Length: 26\r\n\r\n{\"b\" : 1.0,\"a\":\"\\u0061\" }\n",
        ),
        (
            200,
            &[
                ("x-amzn-requestid", "1"),
                ("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
                ("b", "1"),
                ("b", "2"),
                ("a", "1"),
            ],
            b"{\"b\" : 1.0,\"a\":\"\\u0061\" }\n",
        ),
    )
    .await;
    check(
        send(
            "HTTP/1.1 400 \r\nx-amzn-errortype: E\r\nContent-Length: 14\r\n\r\n{\"__type\":\"E\"}",
        ),
        (400, &[("x-amzn-errortype", "E")], b"{\"__type\":\"E\"}"),
    )
    .await;
    check(
        send("HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<html></html"),
        (503, &[("content-type", "text/html")], b"<html></html"),
    )
    .await;
    check(
        send("HTTP/1.1 204 No Content\r\nA: 1\r\n\r\n"),
        (204, &[("a", "1")], b""),
    )
    .await;
    check(
        send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        (200, &[], b""),
    )
    .await;
    check(
        send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3\r\nabc\r\n2;e=1\r\nde\r\n0\r\nX: 1\r\n\r\n"),
        (200, &[], b"abcde"),
    )
    .await;
    check(
        send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        (200, &[], b"{}"),
    )
    .await;
    // Where a redirect leads, nobody goes.
    check(
        send("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
        (307, &[("location", "http://127.0.0.1:1/")], b""),
    )
    .await;
    // The end of the connection ends the body.
    let close = |text: &str| Act::Close(text.as_bytes().to_vec());
    check(
        close("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"),
        (200, &[], b"abc"),
    )
    .await;
    check(close("HTTP/1.0 200 OK\r\n\r\nabc"), (200, &[], b"abc")).await;
    check(
        close("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"),
        (200, &[], b"abc"),
    )
    .await;
}

/// Upstream was asked for `identity`, and does not care.
#[tokio::test]
async fn a_compressed_answer_passes_as_it_came_and_is_kept_decoded() {
    // gzip of `{"status":"InProgress"}`, stored.
    let text = br#"{"status":"InProgress"}"#;
    let gzip = gzip(text);
    let mut act = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        gzip.len()
    )
    .into_bytes();
    act.extend_from_slice(&gzip);
    let (answer, kept, upstream) = answered(Act::Send(act)).await;
    let asked = upstream.only().header("accept-encoding");
    assert_eq!(asked.as_deref(), Some("identity"));
    assert_eq!(answer.body, gzip);
    assert_eq!(answer.header("content-encoding").as_deref(), Some("gzip"));
    let kept = kept.outcome.response().unwrap().clone();
    assert_eq!(kept.body, &text[..]);
    let headers = kept.headers.unwrap();
    assert!(headers.iter().all(|(name, _)| name != "content-encoding"));
}

/// One stored block: the format without a compressor.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in text {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let length = u16::try_from(text.len()).unwrap();
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    gzip.extend_from_slice(&length.to_le_bytes());
    gzip.extend_from_slice(&(!length).to_le_bytes());
    gzip.extend_from_slice(text);
    gzip.extend_from_slice(&(!crc).to_le_bytes());
    gzip.extend_from_slice(&u32::from(length).to_le_bytes());
    gzip
}

#[tokio::test]
async fn what_is_kept_says_when_it_came() {
    let before = pipetape_tape::UnixMillis::now();
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let (record, log) = Record::start(Options::to(&upstream.url())).await;
    let mut client = record.client().await;
    for _ in 0..3 {
        client.ask(post("PollForJobs", "", "{}")).await;
    }
    let kept = log.kept();
    let after: Vec<_> = kept
        .iter()
        .map(|exchange| exchange.after.unwrap())
        .collect();
    assert_eq!(after, [0, 1, 2]);
    for exchange in &kept {
        let at = exchange.recorded_at.unwrap();
        assert!(at >= before && at <= pipetape_tape::UnixMillis::now());
        assert!(exchange.latency_ms.unwrap() < 20_000);
        assert_eq!(exchange.request.body, "{}");
    }
    // One connection each way is enough.
    assert_eq!(upstream.connections(), 1);
}
