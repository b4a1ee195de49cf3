//! Jobs whose time is up.

use std::time::Duration;

use pipetape_core::shapes::JobStatus;
use pipetape_emulator::{EmulatorConfig, JobDefinition};

use super::support::{Worker, config, emulator, failure, success};

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn a_job_in_progress_times_out() {
    let config = EmulatorConfig {
        job_timeout: Some(Duration::from_secs(60)),
        ..config()
    };
    let emulator = emulator(config, 1);
    let worker = Worker::new(&emulator, "a");
    // The time begins with the acknowledge.
    emulator.clock().advance(HOUR);
    let job = worker.poll(1).await.remove(0);
    emulator.clock().advance(Duration::from_secs(29));
    worker.acknowledge(&job).await.unwrap();
    emulator.clock().advance(Duration::from_secs(59));
    assert_eq!(worker.status(&job), JobStatus::InProgress);
    emulator.clock().advance(Duration::from_secs(1));
    assert_eq!(worker.status(&job), JobStatus::TimedOut);
    assert_eq!(
        worker.refused(success(&job, None)).await,
        "InvalidJobStateException"
    );
    assert_eq!(
        worker.refused(failure(&job)).await,
        "InvalidJobStateException"
    );
    assert!(worker.poll(1).await.is_empty());
}

#[tokio::test]
async fn a_job_may_have_a_time_of_its_own() {
    let emulator = emulator(config(), 0);
    let hasty = JobDefinition {
        job_timeout: Some(Duration::from_secs(5)),
        ..JobDefinition::default()
    };
    emulator.enqueue(hasty).unwrap();
    emulator.enqueue(JobDefinition::default()).unwrap();
    let worker = Worker::new(&emulator, "a");
    let jobs = worker.poll(2).await;
    for job in &jobs {
        worker.acknowledge(job).await.unwrap();
    }
    emulator.clock().advance(HOUR);
    assert_eq!(worker.status(&jobs[0]), JobStatus::TimedOut);
    assert_eq!(worker.status(&jobs[1]), JobStatus::InProgress);
}

#[tokio::test]
async fn an_action_has_a_day_for_all_its_jobs() {
    let emulator = emulator(config(), 2);
    let worker = Worker::new(&emulator, "a");
    let mut job = worker.poll(1).await.remove(0);
    for _ in 0..23 {
        worker.acknowledge(&job).await.unwrap();
        emulator.clock().advance(HOUR);
        worker.call(success(&job, Some("t"))).await.unwrap();
        let jobs = worker.poll(2).await;
        job = jobs
            .into_iter()
            .find(|job| {
                let data = job.data.as_ref().unwrap();
                data.continuation_token.is_some()
            })
            .unwrap();
    }
    worker.acknowledge(&job).await.unwrap();
    assert_eq!(worker.status(&job), JobStatus::InProgress);
    emulator.clock().advance(HOUR);
    assert_eq!(worker.status(&job), JobStatus::TimedOut);
    // The other one was handed out time and again, and never acknowledged.
    assert_eq!(emulator.jobs()[1].status, JobStatus::TimedOut);
    assert!(worker.poll(2).await.is_empty());
}

#[tokio::test]
async fn what_is_due_happens_in_order_however_late_one_looks() {
    let emulator = emulator(config(), 1);
    let worker = Worker::new(&emulator, "a");
    let job = worker.poll(1).await.remove(0);
    emulator.clock().advance(48 * HOUR);
    let history = worker.view(job.id.as_ref().unwrap()).history.unwrap();
    let seconds = |at: std::time::SystemTime| {
        at.duration_since(super::support::start())
            .unwrap()
            .as_secs()
    };
    let events: Vec<_> = history
        .iter()
        .map(|entry| (seconds(entry.at), entry.status.to_string()))
        .collect();
    assert_eq!(
        events,
        [
            (0, "Created"),
            (0, "Queued"),
            (0, "Dispatched"),
            (30, "Queued"),
            (86_400, "TimedOut")
        ]
        .map(|(at, status)| (at, status.to_owned()))
    );
}
