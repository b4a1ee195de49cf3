//! What the log says of a miss.

use pipetape_tape::Exhausted;
use pipetape_testkit::Log;

use crate::server::{Server, worker};

#[tokio::test]
async fn a_miss_is_a_warning_once_and_shows_no_secret() {
    // One thread runs test and server alike.
    let (log, guard) = Log::capture("info");
    let server = Server::start(worker(), Exhausted::Auto).await;
    let body = "{\"jobId\":\"a\",\"clientToken\":\"open-sesame\"}";
    for _ in 0..3 {
        server.call("/session/s", "GetJobDetails", body).await;
    }
    drop(guard);
    let text = log.text();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains("a request missed"))
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    let line = lines[0];
    for part in [
        "WARN",
        "session=\"s\"",
        "operation=\"GetJobDetails\"",
        "cause=\"never recorded\"",
        "closest=4",
    ] {
        assert!(line.contains(part), "{part} not in {line}");
    }
    assert!(!text.contains("open-sesame"), "{text}");
}
