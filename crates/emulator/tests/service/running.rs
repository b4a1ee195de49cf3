//! An emulator as a library: started, asked, watched, stopped.

use std::time::Duration;

use pipetape_core::shapes::JobStatus;
use pipetape_emulator::{EmulatorConfig, JobDefinition, WaitError};
use pipetape_testkit::{PATIENCE, soon};
use serde_json::json;
use tokio::net::TcpStream;

use super::sockets::{call, poll_one, serve};
use super::support::{config, start};

#[tokio::test]
async fn a_job_is_enqueued_worked_off_and_waited_for() {
    let (at, running) = serve(EmulatorConfig::default(), 0).await;
    assert!(poll_one(at).await.is_none());
    let id = running.enqueue(JobDefinition::default()).unwrap();
    let work = async {
        let (job, nonce) = poll_one(at).await.unwrap();
        let acknowledge = json!({ "jobId": job, "nonce": nonce });
        call(at, "AcknowledgeJob", &acknowledge).await;
        call(at, "PutJobSuccessResult", &json!({ "jobId": job })).await;
    };
    let (end, ()) = tokio::join!(running.end_of(&id, PATIENCE), work);
    let end = end.unwrap();
    assert_eq!((&end.id, &end.status), (&id, &JobStatus::Succeeded));
    let calls = end.history.as_ref().unwrap().iter();
    let calls: Vec<_> = calls.filter_map(|entry| entry.operation.as_ref()).collect();
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert_eq!(running.job(&id), Some(end));
    assert_eq!(running.jobs().len(), 1);
    assert_eq!(running.summary().calls, 4);
}

#[tokio::test]
async fn a_job_that_nobody_ends_is_told() {
    let (_, running) = serve(config(), 0).await;
    let id = running.enqueue(JobDefinition::default()).unwrap();
    let error = running
        .end_of(&id, Duration::from_millis(1))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, WaitError::Late { id: late, status: JobStatus::Queued, .. } if *late == id)
    );
    assert!(
        error
            .to_string()
            .contains("is Queued after 1ms: is the worker pointed"),
        "{error}"
    );
    // Its clock ends it as well, without any call.
    let (end, ()) = tokio::join!(running.end_of(&id, PATIENCE), async {
        running.clock().advance(Duration::from_secs(24 * 60 * 60));
    });
    assert_eq!(end.unwrap().status, JobStatus::TimedOut);
    assert!(running.clock().now() > start());
    let unknown = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    let error = running.end_of(&unknown, PATIENCE).await.unwrap_err();
    assert_eq!(error, WaitError::Unknown(unknown));
}

#[tokio::test]
async fn nobody_listens_once_it_is_stopped_or_dropped() {
    for drops in [true, false] {
        let (at, running) = serve(config(), 0).await;
        drop(TcpStream::connect(at).await.unwrap());
        if drops {
            drop(running);
        } else {
            running.stop().await;
        }
        let refused = async {
            while TcpStream::connect(at).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        soon(refused).await;
    }
}
