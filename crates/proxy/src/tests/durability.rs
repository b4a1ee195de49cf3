//! The tape before the answer, and the truth about a tape that can't be written.

use std::sync::Arc;
use std::time::Duration;

use pipetape_serve::Limits;
use pipetape_tape::{RecordMode, Rules, Store};
use pipetape_testkit::soon;

use crate::tally::Tally;
use crate::testing::{Act, MemoryLog, Options, Record, Upstream, ok, post};

#[tokio::test]
async fn the_client_sees_nothing_before_the_exchange_is_durable() {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let log = MemoryLog::held();
    let record = Record::with(Options::to(&upstream.url()), log.clone()).await;
    let mut client = record.client().await;
    client.send(post("PollForJobs", "", "{}")).await;
    soon(log.begun.acquire()).await.unwrap().forget();
    // Upstream has answered, the write is under way.
    assert_eq!(upstream.received().len(), 1);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(client.has_nothing());
    assert_eq!(record.tally.total_recorded(), 0);
    log.gate.add_permits(1);
    let answer = client.answer().await;
    assert_eq!(answer.header("x-pipetape-recorded"), None);
    assert_eq!(log.kept().len(), 1);
}

#[tokio::test]
async fn a_client_that_goes_away_is_recorded() {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let log = MemoryLog::held();
    let record = Record::with(Options::to(&upstream.url()), log.clone()).await;
    let mut client = record.client().await;
    client.send(post("PollForJobs", "", "{}")).await;
    soon(log.begun.acquire()).await.unwrap().forget();
    drop(client);
    log.gate.add_permits(1);
    let tally = record.tally.clone();
    assert_eq!(record.stop().await.cut, 0);
    assert_eq!((log.kept().len(), tally.total_recorded()), (1, 1));
}

#[tokio::test]
async fn after_a_write_error_every_answer_says_so_and_forwarding_goes_on() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec();
    let upstream = Upstream::start([
        Act::Send(ok("1")),
        Act::Send(ok("2")),
        Act::Send(ok("3")),
        Act::Close(cut),
    ])
    .await;
    let (record, log) = Record::start(Options::to(&upstream.url())).await;
    let mut client = record.client().await;
    let first = client.ask(post("PollForJobs", "", "{}")).await;
    assert_eq!(first.header("x-pipetape-recorded"), None);
    log.fill_up();
    for body in ["2", "3"] {
        let answer = client.ask(post("PollForJobs", "", "{}")).await;
        assert_eq!((answer.status(), answer.text().as_str()), (200, body));
        assert_eq!(answer.header("x-pipetape-recorded").as_deref(), Some("no"));
    }
    let refused = client.ask("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    let refused = refused.await;
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.header("x-pipetape-recorded").as_deref(), Some("no"));
    client.send(post("PollForJobs", "", "{}")).await;
    let cut = String::from_utf8(client.rest().await.unwrap()).unwrap();
    assert!(cut.contains("x-pipetape-recorded: no\r\n"), "{cut}");
    assert_eq!(
        (
            record.tally.total_recorded(),
            record.tally.total_unrecorded()
        ),
        (1, 3)
    );
    assert_eq!(upstream.received().len(), 4);
}

/// A stop that runs out of patience cuts a forwarded request: its exchange is lost, and counted.
#[tokio::test]
async fn an_exchange_cut_by_the_stop_counts_as_lost() {
    let upstream = Upstream::start([Act::Hang(Vec::new())]).await;
    let mut options = Options::to(&upstream.url());
    options.limits = Limits {
        drain: Duration::from_millis(50),
        ..Limits::default()
    };
    let (record, log) = Record::start(options).await;
    let mut client = record.client().await;
    client.send(post("AcknowledgeJob", "", "{}")).await;
    soon(async {
        while upstream.received().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let tally = record.tally.clone();
    assert_eq!(record.stop().await.cut, 1);
    assert_eq!((tally.total_recorded(), tally.total_unrecorded()), (0, 1));
    assert_eq!(log.kept().len(), 0);
}

/// A recording that has stopped while an exchange waits at its log's gate.
async fn cut_while_writing() -> (MemoryLog, Arc<Tally>) {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let mut options = Options::to(&upstream.url());
    options.limits = Limits {
        drain: Duration::from_millis(50),
        ..Limits::default()
    };
    let log = MemoryLog::held();
    let record = Record::with(options, log.clone()).await;
    let mut client = record.client().await;
    client.send(post("AcknowledgeJob", "", "{}")).await;
    soon(log.begun.acquire()).await.unwrap().forget();
    let tally = record.tally.clone();
    assert_eq!(record.stop().await.cut, 1);
    (log, tally)
}

/// What has happened upstream is written though nobody waits for the answer any longer.
#[tokio::test]
async fn a_write_that_has_begun_outlives_a_call_cut_by_the_stop() {
    let (log, tally) = cut_while_writing().await;
    tokio::select! {
        biased;
        () = tally.settled() => panic!("the exchange is on its way"),
        () = tokio::task::yield_now() => {}
    }
    log.gate.add_permits(1);
    soon(tally.settled()).await;
    assert_eq!(tally.total_recorded(), 1);
    assert_eq!((log.kept().len(), tally.total_unrecorded()), (1, 0));
}

/// A write that panics loses its exchange: counted though the stop has cut the call that waited for it.
#[tokio::test]
async fn a_panic_behind_a_call_cut_by_the_stop_counts_as_lost() {
    let (log, tally) = cut_while_writing().await;
    log.gate.close();
    soon(tally.settled()).await;
    assert_eq!((tally.total_recorded(), tally.total_unrecorded()), (0, 1));
}

/// A client whose exchange is lost to a panic has its answer, marked.
#[tokio::test]
async fn an_answer_lost_to_a_panic_is_marked_and_counted_once() {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let log = MemoryLog::held();
    let record = Record::with(Options::to(&upstream.url()), log.clone()).await;
    log.gate.close();
    let mut client = record.client().await;
    let answer = client.ask(post("AcknowledgeJob", "", "{}")).await;
    assert_eq!((answer.status(), answer.text().as_str()), (200, "{}"));
    assert_eq!(answer.header("x-pipetape-recorded").as_deref(), Some("no"));
    assert_eq!(record.tally.total_unrecorded(), 1);
}

#[tokio::test]
async fn a_real_tape_holds_what_clients_saw() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("store"));
    let name = "worker".parse().unwrap();
    let rules = Rules::generate().unwrap();
    let writer = store.record(&name, RecordMode::Fresh, rules).unwrap();
    let upstream = Upstream::start([Act::Send(ok(r#"{"status":"InProgress"}"#))]).await;
    let record = Record::with(Options::to(&upstream.url()), writer.clone()).await;
    let mut clients = Vec::new();
    for number in 0..8 {
        let mut client = record.client().await;
        let body = format!(r#"{{"nonce":"{number}"}}"#);
        client.send(post("AcknowledgeJob", "", &body)).await;
        clients.push(client);
    }
    for client in &mut clients {
        assert_eq!(client.answer().await.text(), r#"{"status":"InProgress"}"#);
    }
    record.stop().await;
    let finished = writer.finish().await.unwrap();
    assert_eq!(finished.written, 8);
    let tape = store.load(&name).unwrap();
    let mut bodies: Vec<_> = tape
        .exchanges
        .iter()
        .map(|kept| kept.request.body.clone())
        .collect();
    bodies.sort();
    assert_eq!(bodies[7], r#"{"nonce":"7"}"#);
    for exchange in &tape.exchanges {
        assert!(exchange.after.unwrap() < exchange.seq);
        assert_eq!(
            exchange.outcome.response().unwrap().body,
            r#"{"status":"InProgress"}"#
        );
    }
}
