//! More than memory should hold: what is read from upstream, and what waits for the disk, is bounded.

use std::time::Duration;

use pipetape_testkit::{Client, soon};

use crate::testing::{Act, MemoryLog, Options, Record, Upstream, ok, post, straight};
use crate::upstream::{AnswerLimits, Trust, UpstreamClient};

const REQUESTS: usize = 10;
/// More than fits.
const LARGE: usize = 90 * 1024;

fn large() -> String {
    format!("{{\"padding\":\"{}\"}}", "x".repeat(LARGE))
}

/// Room for two answers, and for each the time `limit`.
fn narrow(upstream: &Upstream, limit: Duration) -> Options {
    let mut options = Options::to(&upstream.url());
    let limits = AnswerLimits {
        timeout: limit,
        max_body: 100 * 1024,
        body_budget: 200 * 1024,
    };
    options.client = UpstreamClient::new(straight(), Trust::Nobody, limits).unwrap();
    options
}

/// Clients that have each sent a request, all of which have reached upstream.
async fn asking(record: &Record, upstream: &Upstream, count: usize) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = record.client().await;
        client.send(post("PollForJobs", "", "{}")).await;
        clients.push(client);
    }
    soon(async {
        while upstream.received().len() < count {
            tokio::task::yield_now().await;
        }
    })
    .await;
    clients
}

/// Lets everything happen that can, with sockets in between.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn answers_without_room_stay_with_upstream_and_are_not_late() {
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        large().len(),
        large()
    );
    for answer in [ok(&large()), chunked.into_bytes()] {
        let upstream = Upstream::start([Act::Send(answer)]).await;
        let log = MemoryLog::held();
        let limit = Duration::from_millis(500);
        let record = Record::with(narrow(&upstream, limit), log.clone()).await;
        let mut clients = asking(&record, &upstream, REQUESTS).await;
        // Longer than upstream may take: the delay is ours.
        tokio::time::sleep(limit * 2).await;
        assert_eq!(log.begun.available_permits(), 2, "answers read whole");
        log.gate.add_permits(REQUESTS);
        for client in &mut clients {
            assert_eq!(client.answer().await.text(), large());
        }
        let kept = log.kept();
        assert_eq!(kept.len(), REQUESTS);
        assert!(kept.iter().all(|kept| kept.outcome.fault().is_none()));
    }
}

/// Room is held until a client has its answer: one that does not read must not make others' answers pile up.
#[tokio::test]
async fn a_client_that_does_not_read_keeps_its_room() {
    /// More than the kernel holds between us and a client.
    const HUGE: usize = 12 << 20;
    let body = "x".repeat(HUGE);
    let upstream = Upstream::start([Act::Send(ok(&body))]).await;
    let log = MemoryLog::new();
    let mut options = narrow(&upstream, Duration::from_secs(20));
    let limits = AnswerLimits {
        timeout: Duration::from_secs(20),
        max_body: HUGE,
        body_budget: HUGE,
    };
    options.client = UpstreamClient::new(straight(), Trust::Nobody, limits).unwrap();
    let record = Record::with(options, log.clone()).await;
    let mut clients = asking(&record, &upstream, 3).await;
    settle().await;
    let read = soon(async {
        while log.begun.available_permits() < 1 {
            tokio::task::yield_now().await;
        }
        settle().await;
        log.begun.available_permits()
    })
    .await;
    assert_eq!(read, 1, "answers read whole while nobody reads");
    for client in &mut clients {
        assert_eq!(client.answer().await.body.len(), HUGE);
    }
    assert_eq!(log.kept().len(), 3);
}
