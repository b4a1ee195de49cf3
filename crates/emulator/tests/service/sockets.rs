//! Over a real socket: the bytes that go out, and workers side by side.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use pipetape_core::protocol::CONTENT_TYPE;
use pipetape_emulator::{Emulator, EmulatorConfig, JobDefinition, RunningEmulator};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An emulator with so many jobs, and where it listens.
pub(crate) async fn serve(config: EmulatorConfig, jobs: usize) -> (SocketAddr, RunningEmulator) {
    let emulator = Emulator::new(config, vec![JobDefinition::default(); jobs]).unwrap();
    let running = emulator.start().await.unwrap();
    let address = running.url().strip_prefix("http://").unwrap().parse();
    (address.unwrap(), running)
}

/// Sends a request that closes its connection unless `extra` says otherwise; everything that comes back.
async fn exchange(address: SocketAddr, operation: &str, extra: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: {CONTENT_TYPE}\r\n\
         X-Amz-Target: CodePipeline_20150709.{operation}\r\n{extra}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    // A client that has said all it has to say; the answer comes, then the end.
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

pub(crate) async fn call(address: SocketAddr, operation: &str, body: &Value) -> (String, Value) {
    let answer = exchange(
        address,
        operation,
        "Connection: close\r\n",
        &body.to_string(),
    )
    .await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().to_owned();
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// The names of the headers, and the values of those that do not vary.
fn headers(answer: &str) -> BTreeSet<String> {
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    let lines = head.lines().skip(1).map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        match name {
            "date" => {
                assert!(value.ends_with(" GMT"), "{value}");
                name.to_owned()
            }
            "x-amzn-requestid" => {
                assert_eq!(value.len(), 36, "{value}");
                name.to_owned()
            }
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

#[tokio::test]
async fn every_answer_has_five_headers_and_no_more() {
    let (address, _running) = serve(EmulatorConfig::default(), 0).await;
    let five = |length: usize, connection: &str| {
        BTreeSet::from([
            format!("connection: {connection}"),
            format!("content-length: {length}"),
            format!("content-type: {CONTENT_TYPE}"),
            "date".to_owned(),
            "x-amzn-requestid".to_owned(),
        ])
    };
    let poll =
        r#"{"actionTypeId":{"category":"Build","owner":"Custom","provider":"P","version":"1"}}"#;
    let good = exchange(address, "PollForJobs", "", poll).await;
    assert_eq!(headers(&good), five(11, "keep-alive"));
    let closed = exchange(address, "PollForJobs", "Connection: close\r\n", poll).await;
    assert_eq!(headers(&closed), five(11, "close"));
    assert!(good.ends_with("\r\n\r\n{\"jobs\":[]}"), "{good}");
    let bad = exchange(address, "Nothing", "", "{}").await;
    assert!(bad.starts_with("HTTP/1.1 400 "), "{bad}");
    assert_eq!(headers(&bad), five(38, "keep-alive"));
    let id = |answer: &str| answer.split("x-amzn-requestid: ").nth(1).unwrap()[..36].to_owned();
    assert_ne!(id(&good), id(&bad));
}

#[tokio::test]
async fn an_answer_without_content_says_so() {
    let (address, _running) = serve(EmulatorConfig::default(), 1).await;
    let (id, nonce) = poll_one(address).await.unwrap();
    let acknowledge = json!({ "jobId": id, "nonce": nonce });
    let (_, acknowledged) = call(address, "AcknowledgeJob", &acknowledge).await;
    assert_eq!(acknowledged, json!({ "status": "InProgress" }));
    let done = json!({ "jobId": id }).to_string();
    let answer = exchange(address, "PutJobSuccessResult", "", &done).await;
    assert!(answer.contains("\r\ncontent-length: 0\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

pub(crate) async fn poll_one(address: SocketAddr) -> Option<(Value, Value)> {
    let poll = json!({
        "actionTypeId": { "category": "Build", "owner": "Custom", "provider": "Example", "version": "1" },
        "maxBatchSize": 1,
    });
    let (_, mut answer) = call(address, "PollForJobs", &poll).await;
    let job = answer["jobs"].get_mut(0)?;
    Some((job["id"].take(), job["nonce"].take()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_workers_on_sockets_work_each_job_off_once() {
    let (address, emulator) = serve(EmulatorConfig::default(), 100).await;
    let work = || async move {
        let mut done = 0;
        while let Some((id, nonce)) = poll_one(address).await {
            let acknowledge = json!({ "jobId": id, "nonce": nonce });
            let (status, _) = call(address, "AcknowledgeJob", &acknowledge).await;
            assert_eq!(status, "200");
            let (status, _) = call(address, "PutJobSuccessResult", &json!({ "jobId": id })).await;
            assert_eq!(status, "200");
            done += 1;
        }
        done
    };
    let workers: Vec<_> = (0..20).map(|_| tokio::spawn(work())).collect();
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap();
    }
    assert_eq!(done, 100);
    for job in emulator.jobs() {
        let history = emulator.job(&job.id).unwrap().history.unwrap();
        let shown: Vec<_> = history
            .iter()
            .map(|entry| entry.status.to_string())
            .collect();
        assert_eq!(
            shown,
            ["Created", "Queued", "Dispatched", "InProgress", "Succeeded"]
        );
    }
}

#[tokio::test]
async fn a_reset_and_a_truncated_answer_are_what_they_say() {
    let config = EmulatorConfig {
        faults: vec![
            "PollForJobs:reset:count=1".parse().unwrap(),
            "PollForJobs:truncate=4:count=1".parse().unwrap(),
        ],
        ..EmulatorConfig::default()
    };
    let (address, _running) = serve(config, 0).await;
    let poll =
        r#"{"actionTypeId":{"category":"Build","owner":"Custom","provider":"P","version":"1"}}"#;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {CONTENT_TYPE}\r\n\
         X-Amz-Target: CodePipeline_20150709.PollForJobs\r\nContent-Length: {}\r\n\r\n{poll}",
        poll.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);

    let cut = exchange(address, "PollForJobs", "", poll).await;
    assert!(cut.contains("\r\ncontent-length: 11\r\n"), "{cut}");
    assert!(cut.ends_with("\r\n\r\n{\"jo"), "{cut}");
}
