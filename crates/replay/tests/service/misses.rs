//! What a client sees of a miss.

use insta::assert_snapshot;
use pipetape_tape::{Exhausted, PlaySummary};

use crate::client::exchange;
use crate::server::{ACK, Server, worker};

#[tokio::test]
async fn a_miss_is_an_error_that_no_sdk_retries() {
    let server = Server::start(worker(), Exhausted::Auto).await;
    let answer = server
        .call("/", "AcknowledgeJob", "{\"jobId\":\"a\",\"nonce\":\"2\"}")
        .await;
    let length = answer.body.len();
    assert_eq!(
        answer.head,
        format!(
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\ncontent-length: {length}"
        )
    );
    assert_snapshot!(answer.text(), @r#"{"__type":"PipetapeMissException","message":"no exchange of tape `deploy` answers this AcknowledgeJob in session `default`: never recorded. The closest recorded exchange is 2: /nonce: recorded \"1\", got \"2\". Next: send what was recorded, or record this request too with `pipetape record deploy --mode append`; a member that differs from run to run can be left out with `--ignore /pointer`, or by `ignore` in the tape's rules."}"#);
    assert_eq!(
        server
            .call("/", "GetJobDetails", "{\"jobId\":\"a\"}")
            .await
            .text(),
        "details"
    );
    let used_up = server.call("/", "GetJobDetails", "{\"jobId\":\"a\"}").await;
    assert_eq!(used_up.json()["__type"], "PipetapeMissException");
    assert!(used_up.text().contains("used up"), "{}", used_up.text());
    // A poll that was never recorded is no exhausted one.
    let poll = server
        .call("/", "PollForJobs", "{\"maxBatchSize\":1}")
        .await;
    assert!(
        poll.text()
            .contains("/maxBatchSize: recorded nothing, got 1"),
        "{}",
        poll.text()
    );
    let summary = server.replay.summary();
    let expected = PlaySummary {
        served: 1,
        missed: 3,
        unplayed: 3,
        loosened: 0,
    };
    assert_eq!(summary, expected);
}

#[tokio::test]
async fn requests_without_an_operation_miss() {
    let server = Server::start(worker(), Exhausted::Auto).await;
    let target = |value: &str| format!("x-amz-target: {value}");
    let good = target("CodePipeline_20150709.AcknowledgeJob");
    for (headers, expected) in [
        (String::new(), "it has no X-Amz-Target header"),
        (
            format!("{good}\r\n{good}"),
            "it has more than one X-Amz-Target header",
        ),
        (
            target("AcknowledgeJob"),
            "X-Amz-Target is \"AcknowledgeJob\": target does not begin with `CodePipeline_20150709.`",
        ),
        (
            target("DynamoDB_20120810.GetItem"),
            "target does not begin with",
        ),
        (target("CodePipeline_20150709."), "operation name is empty"),
        (target("CodePipeline_20150709.Job\u{e9}"), "not text"),
    ] {
        let separator = if headers.is_empty() { "" } else { "\r\n" };
        let head = format!("POST / HTTP/1.1\r\nhost: h{separator}{headers}");
        let answer = exchange(server.address, &head, ACK.as_bytes())
            .await
            .unwrap();
        let error = answer.json();
        let message = error["message"].as_str().unwrap();
        assert_eq!(
            (answer.status(), &error["__type"]),
            (400, &"PipetapeMissException".into())
        );
        assert!(
            message.contains("names no CodePipeline operation: "),
            "{message}"
        );
        assert!(message.contains(expected), "{message}");
    }
    let other = server.call("/", "FutureOperation", "{}").await;
    assert!(
        other.text().contains("The tape has no FutureOperation"),
        "{}",
        other.text()
    );
    assert_eq!(server.replay.summary().missed, 7);
}

#[tokio::test]
async fn a_path_that_names_no_session_misses() {
    let server = Server::start(worker(), Exhausted::Auto).await;
    for path in [
        "/session/",
        "/session//",
        "/session/a%20b/",
        "/session/.hidden",
        "/session/%1b%5b2J/",
    ] {
        let answer = server.call(path, "AcknowledgeJob", ACK).await;
        assert_eq!(answer.status(), 400, "{path}");
        assert!(
            answer.text().contains("the path names no session"),
            "{}",
            answer.text()
        );
    }
    let long = format!("/session/{}/", "x".repeat(65));
    assert_eq!(
        server.call(&long, "AcknowledgeJob", ACK).await.status(),
        400
    );
    let summary = server.replay.summary();
    assert_eq!((summary.served, summary.missed), (0, 6));
}
