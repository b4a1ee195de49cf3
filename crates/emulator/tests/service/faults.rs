//! Faults on demand, as callers meet them.

use std::time::Duration;

use pipetape_core::shapes::JobStatus;
use pipetape_emulator::EmulatorConfig;
use pipetape_serve::Reply;

use super::support::{Worker, acknowledge, admin, config, emulator, failure, success};

fn with(rules: &[&str]) -> EmulatorConfig {
    EmulatorConfig {
        faults: rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        ..config()
    }
}

async fn answered(worker: &Worker, rule: &str) -> String {
    let (status, _) = admin(
        &worker.emulator,
        "POST",
        "faults",
        &format!(r#"{{"rule":"{rule}"}}"#),
    )
    .await;
    assert_eq!(status, 200);
    let request = acknowledge(
        &"0f1e2d3c-4b5a-4968-8776-655443322110".parse().unwrap(),
        "1",
    );
    let Reply::Response(response) = worker.send(request).await else {
        panic!("no whole answer");
    };
    admin(&worker.emulator, "DELETE", "faults", "").await;
    format!(
        "{} {}",
        response.status().as_u16(),
        super::support::body(&response)
    )
}

#[tokio::test]
async fn errors_have_the_services_form() {
    let worker = Worker::new(&emulator(config(), 0), "a");
    let mut answers = Vec::new();
    for rule in [
        "*:throttle",
        "*:500",
        "*:503",
        "*:InvalidNonce",
        "AcknowledgeJob:JobNotFound",
    ] {
        answers.push(answered(&worker, rule).await);
    }
    insta::assert_snapshot!(answers.join("\n"), @r#"
    400 {"__type":"ThrottlingException","message":"Rate exceeded"}
    500 {"__type":"InternalFailure"}
    503 {"__type":"ServiceUnavailableException","message":"Service is unavailable"}
    400 {"__type":"InvalidNonceException","message":"The nonce is not valid for the job"}
    400 {"__type":"JobNotFoundException","message":"The job cannot be found"}
    "#);
}

#[tokio::test]
async fn a_refused_call_is_not_carried_out() {
    let emulator = emulator(with(&["AcknowledgeJob:throttle:count=2"]), 1);
    let worker = Worker::new(&emulator, "a");
    let job = worker.poll(1).await.remove(0);
    for _ in 0..2 {
        assert_eq!(
            worker.acknowledge(&job).await,
            Err("ThrottlingException".into())
        );
        assert_eq!(worker.status(&job), JobStatus::Dispatched);
    }
    assert_eq!(worker.acknowledge(&job).await, Ok(()));
    assert_eq!(emulator.summary().faults, 2);
}

#[tokio::test]
async fn a_job_can_time_out_between_acknowledge_and_result() {
    for rule in [
        "AcknowledgeJob:timeout-job",
        "PutJobSuccessResult:timeout-job",
    ] {
        let worker = Worker::new(&emulator(with(&[rule]), 1), "a");
        let job = worker.poll(1).await.remove(0);
        assert_eq!(worker.acknowledge(&job).await, Ok(()), "{rule}");
        assert_eq!(
            worker.refused(success(&job, None)).await,
            "InvalidJobStateException"
        );
        assert_eq!(worker.status(&job), JobStatus::TimedOut);
    }
}

#[tokio::test]
async fn a_refused_acknowledge_times_nothing_out() {
    let emulator = emulator(with(&["AcknowledgeJob:timeout-job"]), 1);
    let worker = Worker::new(&emulator, "a");
    let job = worker.poll(1).await.remove(0);
    let wrong = acknowledge(job.id.as_ref().unwrap(), "wrong");
    assert_eq!(worker.refused(wrong).await, "InvalidNonceException");
    assert_eq!(worker.status(&job), JobStatus::Dispatched);
}

#[tokio::test]
async fn a_reset_loses_the_request_or_the_answer() {
    let emulator = emulator(
        with(&[
            "PutJobFailureResult:reset:count=1",
            "PutJobFailureResult:reset=after:count=1",
        ]),
        1,
    );
    let worker = Worker::new(&emulator, "a");
    let job = worker.poll(1).await.remove(0);
    worker.acknowledge(&job).await.unwrap();
    assert!(matches!(worker.send(failure(&job)).await, Reply::Reset));
    assert_eq!(worker.status(&job), JobStatus::InProgress);
    assert!(matches!(worker.send(failure(&job)).await, Reply::Reset));
    assert_eq!(worker.status(&job), JobStatus::Failed);
}

#[tokio::test]
async fn a_truncated_answer_always_lacks_something() {
    for (bytes, arriving) in [("0", 0), ("5", 5), ("1000", 22)] {
        let rule = format!("AcknowledgeJob:truncate={bytes}");
        let worker = Worker::new(&emulator(with(&[&rule]), 1), "a");
        let job = worker.poll(1).await.remove(0);
        let request = acknowledge(
            job.id.as_ref().unwrap(),
            job.nonce.as_ref().unwrap().as_str(),
        );
        let Reply::Truncated {
            response,
            declared_length,
        } = worker.send(request).await
        else {
            panic!("a whole answer");
        };
        let whole = br#"{"status":"InProgress"}"#;
        assert_eq!(response.body(), &whole[..arriving]);
        assert_eq!(declared_length, Some(23));
        assert_eq!(worker.status(&job), JobStatus::InProgress);
    }
    let worker = Worker::new(&emulator(with(&["PutJobFailureResult:truncate=9"]), 1), "a");
    let job = worker.poll(1).await.remove(0);
    worker.acknowledge(&job).await.unwrap();
    let Reply::Truncated {
        response,
        declared_length,
    } = worker.send(failure(&job)).await
    else {
        panic!("a whole answer");
    };
    assert_eq!((response.body().len(), declared_length), (0, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_delay_delays() {
    let worker = Worker::new(&emulator(with(&["PollForJobs:delay=90s"]), 1), "a");
    let before = tokio::time::Instant::now();
    assert_eq!(worker.poll(1).await.len(), 1);
    assert_eq!(before.elapsed(), Duration::from_secs(90));
}

/// Twenty calls under a chance; which ones were struck.
async fn struck(seed: u64) -> Vec<bool> {
    let config = EmulatorConfig {
        seed,
        ..with(&["PollForJobs:500:probability=0.5", "*:503:probability=0.2"])
    };
    let emulator = emulator(config, 0);
    let worker = Worker::new(&emulator, "a");
    let mut struck = Vec::new();
    for _ in 0..20 {
        let before = emulator.summary().faults;
        let _ = worker
            .send(pipetape_core::operations::PollForJobsRequest {
                action_type_id: super::support::action_type(),
                max_batch_size: None,
                query_param: None,
            })
            .await;
        struck.push(emulator.summary().faults > before);
    }
    struck
}

#[tokio::test]
async fn a_run_can_be_repeated_by_its_seed() {
    assert_eq!(struck(1).await, struck(1).await);
    assert_ne!(struck(1).await, struck(2).await);
    assert!(struck(1).await.contains(&true) && struck(1).await.contains(&false));
}
