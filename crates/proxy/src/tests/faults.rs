//! Upstreams that fail, what that is called, and what the client gets.

use std::time::Duration;

use pipetape_tape::Fault;
use pipetape_testkit::Client;
use tokio::net::TcpListener;

use crate::testing::{Act, MemoryLog, Options, Record, Upstream, answers, ok, post, straight};
use crate::upstream::{Trust, UpstreamClient};

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// Small bounds: a tenth of a second, and 100 bytes.
fn bounded(upstream: &str) -> Options {
    let mut options = Options::to(upstream);
    let limit = Duration::from_millis(500);
    options.client = UpstreamClient::new(straight(), Trust::Nobody, answers(limit, 100)).unwrap();
    options
}

/// Records one request, and gives the client to read the answer from.
async fn asked(options: Options) -> (Client, Record, MemoryLog) {
    let (record, log) = Record::start(options).await;
    let mut client = record.client().await;
    client.send(post("PollForJobs", "", "{}")).await;
    (client, record, log)
}

async fn check_error(options: Options, fault: Fault, status: u16, code: &str) {
    let (mut client, record, log) = asked(options).await;
    let answer = client.answer().await;
    assert_eq!(answer.status(), status, "{fault:?}");
    assert!(answer.text().contains(code), "{}", answer.text());
    assert_eq!(log.only().outcome.fault(), Some(&fault));
    let page = record.tally.metrics();
    let sample = format!("pipetape_faults_total{{kind=\"{}\"}} 1", fault.kind());
    assert!(page.contains(&sample), "{page}");
    // The client's connection stays open.
    client.send(post("PollForJobs", "", "{}")).await;
    client.answer().await;
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let code = "PipetapeUpstreamRefusedException";
    check_error(bounded(&url), Fault::Refused, 502, code).await;
}

#[tokio::test]
async fn a_name_that_does_not_resolve() {
    let trust = Trust::System(None);
    let mut options = Options::to("https://pipetape.invalid");
    options.client =
        UpstreamClient::new(straight(), trust, answers(Duration::from_secs(20), 100)).unwrap();
    let code = "PipetapeUpstreamRefusedException";
    check_error(options, Fault::Refused, 502, code).await;
}

#[tokio::test]
async fn no_answer_in_time() {
    for start in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
    ] {
        let upstream = Upstream::start([Act::Hang(bytes(start))]).await;
        let code = "PipetapeUpstreamTimeoutException";
        check_error(bounded(&upstream.url()), Fault::Timeout, 504, code).await;
    }
}

#[tokio::test]
async fn answers_that_are_no_http() {
    for act in [
        Act::Close(bytes("<html>go away</html>\r\n\r\n")),
        Act::Close(bytes("SSH-2.0-OpenSSH_9.2\r\n")),
        Act::Close(bytes("HTTP/1.1 2000 OK\r\n\r\n")),
        Act::Close(bytes(
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        )),
        Act::Close(bytes("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")),
        Act::Close(bytes("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")),
        Act::Close(bytes(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        )),
        Act::Send(bytes(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        )),
        Act::Send(bytes("HTTP/1.1 600 What\r\nContent-Length: 0\r\n\r\n")),
        // Too large: announced, and found out.
        Act::Send(bytes("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n")),
        Act::Hang(
            [
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n".to_vec(),
                vec![b'x'; 101],
            ]
            .concat(),
        ),
        // No encoding that can be undone.
        Act::Send(bytes(
            "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
        )),
    ] {
        let upstream = Upstream::start([act]).await;
        let code = "PipetapeUpstreamMalformedException";
        check_error(bounded(&upstream.url()), Fault::Malformed, 502, code).await;
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_passes() {
    let body = "x".repeat(100);
    let upstream = Upstream::start([Act::Send(ok(&body))]).await;
    let (mut client, _record, _log) = asked(bounded(&upstream.url())).await;
    assert_eq!(client.answer().await.text(), body);
}

#[tokio::test]
async fn no_whole_head() {
    for act in [
        Act::Close(bytes("")),
        Act::Reset(bytes("")),
        Act::Close(bytes("HTTP/1.1 200 OK\r\nA: ")),
        Act::Reset(bytes("HTTP/1.1 200 OK\r\nA: ")),
    ] {
        let upstream = Upstream::start([act.clone()]).await;
        let (mut client, _record, log) = asked(bounded(&upstream.url())).await;
        let error = client.rest().await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{act:?}");
        assert_eq!(log.only().outcome.fault(), Some(&Fault::Reset), "{act:?}");
        // Whether the request had any effect is not known: it is not sent again.
        assert_eq!(upstream.received().len(), 1, "{act:?}");
    }
}

#[tokio::test]
async fn a_body_cut_short() {
    const WITH_LENGTH: &str = "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 9\r\n\r\n{\"a\":";
    const IN_CHUNKS: &str =
        "HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n";
    for (act, declared_length, framing) in [
        (
            Act::Close(bytes(WITH_LENGTH)),
            Some(9),
            "content-length: 9\r\n\r\n{\"a\":",
        ),
        (
            Act::Reset(bytes(WITH_LENGTH)),
            Some(9),
            "content-length: 9\r\n\r\n{\"a\":",
        ),
        (
            Act::Close(bytes(IN_CHUNKS)),
            None,
            "transfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
        ),
        (
            Act::Reset(bytes(IN_CHUNKS)),
            None,
            "transfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
        ),
    ] {
        let upstream = Upstream::start([act.clone()]).await;
        let (mut client, _record, log) = asked(bounded(&upstream.url())).await;
        let given = String::from_utf8(client.rest().await.unwrap()).unwrap();
        assert_eq!(
            given,
            format!("HTTP/1.1 200 OK\r\na: 1\r\n{framing}"),
            "{act:?}"
        );
        let kept = log.only().outcome;
        assert_eq!(
            kept.fault(),
            Some(&Fault::Truncated { declared_length }),
            "{act:?}"
        );
        assert_eq!(kept.response().unwrap().body, "{\"a\":", "{act:?}");
        assert_eq!(upstream.received().len(), 1, "{act:?}");
    }
}

/// A pooled connection that upstream has closed is left for a new one, as nothing was sent on it.
#[tokio::test]
async fn a_stale_connection_costs_nothing() {
    let upstream = Upstream::start([Act::Close(ok("{}"))]).await;
    let (record, log) = Record::start(Options::to(&upstream.url())).await;
    let mut client = record.client().await;
    for number in 1..=20 {
        let answer = client.ask(post("AcknowledgeJob", "", "{}")).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(upstream.received().len(), number);
    }
    assert!(log.kept().iter().all(|kept| kept.outcome.fault().is_none()));
}

/// On a pooled connection as on a new one: what was sent is not sent again.
#[tokio::test]
async fn a_reused_connection_that_breaks_is_not_tried_again() {
    let upstream = Upstream::start([Act::Send(ok("{}")), Act::Close(Vec::new())]).await;
    let (record, log) = Record::start(Options::to(&upstream.url())).await;
    let mut client = record.client().await;
    assert_eq!(
        client.ask(post("PollForJobs", "", "{}")).await.status(),
        200
    );
    client.send(post("AcknowledgeJob", "", "{}")).await;
    assert!(client.rest().await.is_err());
    assert_eq!((upstream.received().len(), upstream.connections()), (2, 1));
    assert_eq!(log.kept()[1].outcome.fault(), Some(&Fault::Reset));
}
