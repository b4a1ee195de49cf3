//! Faults on the tape play as the client had them.

use std::io::ErrorKind;

use pipetape_tape::{Exhausted, Fault, Outcome};

use crate::client::exchange;
use crate::server::{Server, recorded, tape};

#[tokio::test]
async fn faults_play_again() {
    let cut = |declared_length| Outcome::Cut {
        response: recorded(200, &[("x-one", "1")], b"{\"jobs\":["),
        fault: Fault::Truncated { declared_length },
    };
    let tape = tape([
        ("PollForJobs", "{}", Outcome::Fault(Fault::Timeout)),
        ("PollForJobs", "{}", Outcome::Fault(Fault::Refused)),
        ("PollForJobs", "{}", Outcome::Fault(Fault::Reset)),
        ("PollForJobs", "{}", cut(Some(200))),
        ("PollForJobs", "{}", cut(None)),
    ]);
    let server = Server::start(tape, Exhausted::Error).await;

    let answer = server.call("/", "PollForJobs", "{}").await;
    assert_eq!(answer.status(), 504);
    assert_eq!(answer.json()["__type"], "PipetapeUpstreamTimeoutException");
    assert_eq!(server.call("/", "PollForJobs", "{}").await.status(), 502);

    let head = "POST / HTTP/1.1\r\nhost: h\r\nx-amz-target: CodePipeline_20150709.PollForJobs";
    let error = exchange(server.address, head, b"{}").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);

    let answer = server.call("/", "PollForJobs", "{}").await;
    assert_eq!(answer.header("content-length"), Some("200"));
    assert_eq!(answer.text(), "{\"jobs\":[");
    let answer = server.call("/", "PollForJobs", "{}").await;
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert_eq!(answer.text(), "9\r\n{\"jobs\":[\r\n");

    let exchanges = server.admin("GET exchanges").await.json();
    let told: Vec<_> = exchanges["exchanges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["status"], one["fault"]))
        .collect();
    assert_eq!(
        told,
        [
            "504 \"timeout\"",
            "502 \"refused\"",
            "null \"reset\"",
            "200 \"truncated\"",
            "200 \"truncated\""
        ]
    );
}
