//! Jobs that go on in other jobs.

use std::time::Duration;

use pipetape_core::shapes::JobStatus;
use pipetape_emulator::EmulatorConfig;

use super::support::{Worker, config, emulator, success};

#[tokio::test]
async fn a_continuation_token_makes_a_new_job_of_the_same_action() {
    let emulator = emulator(config(), 1);
    let worker = Worker::new(&emulator, "a");
    let first = worker.poll(1).await.remove(0);
    worker.acknowledge(&first).await.unwrap();
    worker
        .call(success(&first, Some("half-way")))
        .await
        .unwrap();
    assert_eq!(worker.status(&first), JobStatus::Succeeded);

    // In the same second.
    let second = worker.poll(1).await.remove(0);
    assert_ne!(second.id, first.id);
    assert_ne!(second.nonce, first.nonce);
    let mut data = second.data.clone().unwrap();
    let token = data.continuation_token.take().unwrap();
    assert_eq!(token.expose(), "half-way");
    assert_eq!(Some(data), first.data);
    let (from, to) = (first.id.as_ref().unwrap(), second.id.as_ref().unwrap());
    assert_eq!(worker.view(from).continued_by.as_ref(), Some(to));
    assert_eq!(worker.view(to).continues.as_ref(), Some(from));

    worker.acknowledge(&second).await.unwrap();
    worker.call(success(&second, None)).await.unwrap();
    assert!(worker.poll(1).await.is_empty());
    assert_eq!(emulator.jobs().len(), 2);
}

#[tokio::test]
async fn the_new_job_can_be_delayed() {
    let config = EmulatorConfig {
        continuation_delay: Duration::from_secs(30),
        ..config()
    };
    let emulator = emulator(config, 1);
    let worker = Worker::new(&emulator, "a");
    let first = worker.poll(1).await.remove(0);
    worker.acknowledge(&first).await.unwrap();
    worker.call(success(&first, Some("t"))).await.unwrap();
    assert_eq!(emulator.jobs()[1].status, JobStatus::Created);
    assert!(worker.poll(1).await.is_empty());
    emulator.clock().advance(Duration::from_secs(30));
    assert_eq!(worker.poll(1).await.len(), 1);
}

#[tokio::test]
async fn a_refused_result_makes_no_job() {
    let emulator = emulator(config(), 1);
    let worker = Worker::new(&emulator, "a");
    let job = worker.poll(1).await.remove(0);
    worker.refused(success(&job, Some("t"))).await;
    assert_eq!(emulator.jobs().len(), 1);
}
