//! Sessions by path, one at a time and a thousand at once.

use pipetape_tape::Exhausted;
use tokio::task::JoinSet;

use crate::client::call;
use crate::server::{ACK, Server, answered, tape, worker};

#[tokio::test]
async fn a_path_names_a_session() {
    let server = Server::start(worker(), Exhausted::Error).await;
    for (path, expected) in [
        ("/", "first"),
        ("/session/a", "first"),
        ("/session/a/", "second"),
        ("/session/b/?x=/session/a", "first"),
        // Any other path is the default session.
        ("/session", "second"),
    ] {
        assert_eq!(
            server.call(path, "AcknowledgeJob", ACK).await.text(),
            expected,
            "{path}"
        );
    }
    for path in [
        "/sessions/a",
        "/session/a/b",
        "/session/default",
        "/session/a",
    ] {
        assert_eq!(
            server.call(path, "AcknowledgeJob", ACK).await.status(),
            400,
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_sessions_at_once() {
    let steps = ["0", "1", "2"];
    let tape = tape(steps.map(|step| ("GetJobDetails", "{}", answered(step))));
    let server = Server::start(tape, Exhausted::Error).await;
    let address = server.address;
    let mut clients = JoinSet::new();
    for number in 0..1000 {
        clients.spawn(async move {
            let path = format!("/session/s{number}/");
            for step in steps {
                let answer = call(address, &path, "GetJobDetails", "{}").await;
                assert_eq!(answer.text(), step, "{path}");
            }
        });
    }
    clients.join_all().await;
    let summary = server.replay.summary();
    assert_eq!(
        (summary.served, summary.missed, summary.unplayed),
        (3000, 0, 0)
    );
}
