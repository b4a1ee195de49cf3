//! Who gets which job, and for how long.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use pipetape_core::operations::PollForJobsRequest;
use pipetape_core::shapes::{JobStatus, QueryParam};
use pipetape_emulator::{EmulatorConfig, Guesses, JobDefinition, Nonces};

use super::support::{Worker, acknowledge, action_type, config, emulator, with_type};

#[tokio::test]
async fn a_job_is_hidden_until_its_visibility_is_over() {
    let emulator = emulator(config(), 1);
    let worker = Worker::new(&emulator, "a");
    let first = worker.poll(1).await.remove(0);
    assert_eq!(worker.status(&first), JobStatus::Dispatched);
    assert!(worker.poll(1).await.is_empty());

    emulator.clock().advance(Duration::from_millis(29_999));
    assert!(worker.poll(1).await.is_empty());
    emulator.clock().advance(Duration::from_millis(1));
    assert_eq!(worker.status(&first), JobStatus::Queued);

    // What it was handed out with is void, before and after the next hand-out.
    assert_eq!(
        worker.acknowledge(&first).await,
        Err("InvalidNonceException".into())
    );
    let second = worker.poll(1).await.remove(0);
    assert_eq!((&second.id, &second.data), (&first.id, &first.data));
    assert_ne!(second.nonce, first.nonce);
    assert_eq!(
        worker.acknowledge(&first).await,
        Err("InvalidNonceException".into())
    );
    assert_eq!(worker.acknowledge(&second).await, Ok(()));

    // Claimed already, also by oneself and with the same nonce.
    assert_eq!(
        worker.acknowledge(&second).await,
        Err("InvalidNonceException".into())
    );
    emulator.clock().advance(Duration::from_secs(60));
    assert!(worker.poll(1).await.is_empty());
    assert_eq!(worker.status(&second), JobStatus::InProgress);
}

#[tokio::test]
async fn the_visibility_can_be_set() {
    let config = EmulatorConfig {
        visibility: Duration::from_secs(5),
        ..config()
    };
    let emulator = emulator(config, 1);
    let worker = Worker::new(&emulator, "a");
    assert_eq!(worker.poll(1).await.len(), 1);
    emulator.clock().advance(Duration::from_secs(5));
    assert_eq!(worker.poll(1).await.len(), 1);
}

#[tokio::test]
async fn one_nonce_for_the_life_of_a_job_is_an_option() {
    let config = EmulatorConfig {
        options: Guesses {
            nonces: Nonces::EachJob,
            ..Guesses::default()
        },
        ..config()
    };
    let emulator = emulator(config, 2);
    let worker = Worker::new(&emulator, "a");
    let first = worker.poll(2).await;
    assert_ne!(first[0].nonce, first[1].nonce);
    emulator.clock().advance(Duration::from_secs(30));
    assert_eq!(worker.poll(2).await, first);
    assert_eq!(worker.acknowledge(&first[0]).await, Ok(()));
}

#[tokio::test]
async fn a_nonce_is_a_decimal_text_of_one_job() {
    let emulator = emulator(config(), 2);
    let worker = Worker::new(&emulator, "a");
    let jobs = worker.poll(2).await;
    let nonces: Vec<_> = jobs
        .iter()
        .map(|job| job.nonce.as_ref().unwrap().as_str())
        .collect();
    assert!(
        nonces.iter().all(|nonce| nonce.parse::<u64>().is_ok()),
        "{nonces:?}"
    );
    let swapped = acknowledge(jobs[0].id.as_ref().unwrap(), nonces[1]);
    assert_eq!(worker.refused(swapped).await, "InvalidNonceException");
    let unknown = acknowledge(
        &"0f1e2d3c-4b5a-4968-8776-655443322110".parse().unwrap(),
        "1",
    );
    assert_eq!(worker.refused(unknown).await, "JobNotFoundException");
}

/// Workers that poll at once, each until nothing is left.
async fn polled_by(workers: usize) {
    let emulator = emulator(config(), 200);
    let tasks = (0..workers).map(|n| {
        let worker = Worker::new(&emulator, &format!("worker-{n}"));
        tokio::spawn(async move {
            let mut seen = Vec::new();
            loop {
                let jobs = worker.poll(3).await;
                if jobs.is_empty() {
                    return seen;
                }
                for job in jobs {
                    assert_eq!(worker.acknowledge(&job).await, Ok(()));
                    seen.push(job.id.unwrap());
                    tokio::task::yield_now().await;
                }
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut seen = Vec::new();
    for task in tasks {
        seen.extend(task.await.unwrap());
    }
    assert_eq!(seen.len(), 200);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_see_each_job_once() {
    polled_by(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_workers_see_each_job_once() {
    polled_by(20).await;
}

#[tokio::test]
async fn a_poll_gets_as_many_as_it_asks_for_in_order() {
    let emulator = emulator(config(), 5);
    let ids: Vec<_> = emulator
        .jobs()
        .into_iter()
        .map(|job| Some(job.id))
        .collect();
    let worker = Worker::new(&emulator, "a");
    let polled = |jobs: Vec<pipetape_core::shapes::Job>| {
        jobs.into_iter().map(|job| job.id).collect::<Vec<_>>()
    };
    assert_eq!(polled(worker.poll(2).await), ids[..2]);
    assert_eq!(polled(worker.poll(1_000_000).await), ids[2..]);
    assert!(worker.poll(1).await.is_empty());
}

#[tokio::test]
async fn a_poll_without_a_number_gets_the_default() {
    let request = || PollForJobsRequest {
        action_type_id: action_type(),
        max_batch_size: None,
        query_param: None,
    };
    let one = Worker::new(&emulator(config(), 5), "a");
    assert_eq!(one.call(request()).await.unwrap().jobs.len(), 1);
    let config = EmulatorConfig {
        options: Guesses {
            default_batch: NonZeroU32::new(3).unwrap(),
            largest_batch: NonZeroU32::new(4).unwrap(),
            ..Guesses::default()
        },
        ..config()
    };
    let three = Worker::new(&emulator(config, 9), "a");
    assert_eq!(three.call(request()).await.unwrap().jobs.len(), 3);
    assert_eq!(three.poll(1_000_000).await.len(), 4);
}

#[tokio::test]
async fn a_job_is_for_its_action_type() {
    let emulator = emulator(config(), 1);
    let other = JobDefinition {
        action_type_id: Some(with_type("Custom", "Other")),
        ..JobDefinition::default()
    };
    let other = emulator.enqueue(other).unwrap();
    let worker = Worker::new(&emulator, "a");
    let jobs = worker.poll_for(with_type("Custom", "Other"), 10).await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].id, Some(other));
    // Nothing was registered, so nothing is known of a type without jobs.
    assert!(
        worker
            .poll_for(with_type("Custom", "Third"), 10)
            .await
            .is_empty()
    );
    assert!(
        worker
            .poll_for(with_type("ThirdParty", "Example"), 10)
            .await
            .is_empty()
    );
    assert_eq!(worker.poll(10).await.len(), 1);
}

#[tokio::test]
async fn jobs_of_aws_itself_are_not_polled_for() {
    let worker = Worker::new(&emulator(config(), 1), "a");
    let request = PollForJobsRequest {
        action_type_id: with_type("AWS", "Example"),
        max_batch_size: None,
        query_param: None,
    };
    let error = worker.call(request).await.unwrap_err();
    insta::assert_snapshot!(error, @"ValidationException: ActionType with owner 'AWS' is not supported");
}

#[tokio::test]
async fn a_query_selects_by_configuration() {
    let emulator = emulator(config(), 0);
    let configured = |value: &str| JobDefinition {
        configuration: Some(BTreeMap::from([(
            "ProjectName".parse().unwrap(),
            value.parse().unwrap(),
        )])),
        ..JobDefinition::default()
    };
    let blue = emulator.enqueue(configured("blue")).unwrap();
    let green = emulator.enqueue(configured("green")).unwrap();
    let worker = Worker::new(&emulator, "a");
    let polled = async |key: &str, value: &str| {
        let entry = (key.parse().unwrap(), value.parse().unwrap());
        let request = PollForJobsRequest {
            action_type_id: action_type(),
            max_batch_size: Some(10.try_into().unwrap()),
            query_param: Some(QueryParam { entry: Some(entry) }),
        };
        let jobs = worker.call(request).await.unwrap().jobs;
        jobs.into_iter()
            .map(|job| job.id.unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(polled("ProjectName", "red").await, []);
    assert_eq!(polled("Project", "green").await, []);
    assert_eq!(polled("ProjectName", "green").await, [green]);
    assert_eq!(polled("ProjectName", "green").await, []);
    assert_eq!(worker.poll(10).await.remove(0).id, Some(blue));
}

#[tokio::test]
async fn a_job_can_be_delayed() {
    let emulator = emulator(config(), 0);
    let delayed = JobDefinition {
        delay: Duration::from_secs(10),
        ..JobDefinition::default()
    };
    let id = emulator.enqueue(delayed).unwrap();
    let worker = Worker::new(&emulator, "a");
    assert_eq!(worker.view(&id).status, JobStatus::Created);
    assert!(worker.poll(1).await.is_empty());
    emulator.clock().advance(Duration::from_secs(10));
    assert_eq!(worker.poll(1).await.len(), 1);
}
