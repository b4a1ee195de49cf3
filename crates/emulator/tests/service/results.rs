//! How jobs end.

use std::collections::BTreeMap;

use pipetape_core::operations::{GetJobDetailsRequest, PutJobSuccessResultRequest};
use pipetape_core::shapes::{Job, JobStatus};
use pipetape_emulator::{AfterEnd, EarlyResult, EmulatorConfig, Guesses};

use super::support::{Worker, config, emulator, failure, success};

async fn in_progress(worker: &Worker) -> Job {
    let job = worker.poll(1).await.remove(0);
    worker.acknowledge(&job).await.unwrap();
    job
}

#[tokio::test]
async fn a_job_ends_once() {
    let worker = Worker::new(&emulator(config(), 2), "a");
    for (fail, status) in [(false, JobStatus::Succeeded), (true, JobStatus::Failed)] {
        let job = in_progress(&worker).await;
        if fail {
            worker.call(failure(&job)).await.unwrap();
        } else {
            worker.call(success(&job, None)).await.unwrap();
        }
        assert_eq!(worker.status(&job), status);
        assert_eq!(
            worker.refused(failure(&job)).await,
            "InvalidJobStateException"
        );
        assert_eq!(
            worker.refused(success(&job, None)).await,
            "InvalidJobStateException"
        );
        assert_eq!(
            worker.acknowledge(&job).await,
            Err("InvalidNonceException".into())
        );
        assert_eq!(worker.status(&job), status);
    }
}

#[tokio::test]
async fn whoever_knows_the_id_may_end_a_job_in_progress() {
    let emulator = emulator(config(), 1);
    let (winner, loser) = (Worker::new(&emulator, "a"), Worker::new(&emulator, "b"));
    let job = in_progress(&winner).await;
    assert_eq!(
        loser.acknowledge(&job).await,
        Err("InvalidNonceException".into())
    );
    // Popular workers report a failure when their acknowledge failed.
    loser.call(failure(&job)).await.unwrap();
    assert_eq!(
        winner.refused(success(&job, None)).await,
        "InvalidJobStateException"
    );
}

#[tokio::test]
async fn a_result_before_the_acknowledge_is_refused_or_taken() {
    let worker = Worker::new(&emulator(config(), 1), "a");
    let job = worker.poll(1).await.remove(0);
    assert_eq!(
        worker.refused(success(&job, None)).await,
        "InvalidJobStateException"
    );
    assert_eq!(worker.acknowledge(&job).await, Ok(()));

    let lenient = EmulatorConfig {
        options: Guesses {
            result_before_acknowledge: EarlyResult::Taken,
            acknowledge_after_end: AfterEnd::JobNotFound,
            ..Guesses::default()
        },
        ..config()
    };
    let worker = Worker::new(&emulator(lenient, 1), "a");
    let job = worker.poll(1).await.remove(0);
    worker.call(success(&job, None)).await.unwrap();
    assert_eq!(worker.status(&job), JobStatus::Succeeded);
    assert_eq!(
        worker.acknowledge(&job).await,
        Err("JobNotFoundException".into())
    );
}

#[tokio::test]
async fn details_are_those_of_the_poll() {
    let worker = Worker::new(&emulator(config(), 1), "a");
    let job = worker.poll(1).await.remove(0);
    let job_id = job.id.clone().unwrap();
    let details = worker.call(GetJobDetailsRequest { job_id }).await.unwrap();
    let details = details.job_details.unwrap();
    assert_eq!((details.id, details.data), (job.id, job.data));
    assert_eq!(details.account_id, job.account_id);
}

#[tokio::test]
async fn a_job_that_is_not_there_is_not_found() {
    let worker = Worker::new(&emulator(config(), 0), "a");
    let job = Job {
        id: Some("0f1e2d3c-4b5a-4968-8776-655443322110".parse().unwrap()),
        ..Job::default()
    };
    let job_id = job.id.clone().unwrap();
    let not_found = "JobNotFoundException";
    assert_eq!(
        worker.refused(GetJobDetailsRequest { job_id }).await,
        not_found
    );
    assert_eq!(worker.refused(success(&job, None)).await, not_found);
    assert_eq!(worker.refused(failure(&job)).await, not_found);
}

#[tokio::test]
async fn output_variables_have_their_limits() {
    let worker = Worker::new(&emulator(config(), 1), "a");
    let job = in_progress(&worker).await;
    let with = |length: usize, token| PutJobSuccessResultRequest {
        output_variables: Some(BTreeMap::from([("k".parse().unwrap(), "v".repeat(length))])),
        ..success(&job, token)
    };
    let most = PutJobSuccessResultRequest::LARGEST_OUTPUT_VARIABLES - 1;
    let too_big = worker.refused(with(most + 1, None)).await;
    assert_eq!(too_big, "OutputVariablesSizeExceededException");
    assert_eq!(
        worker.refused(with(1, Some("t"))).await,
        "ValidationException"
    );
    assert_eq!(worker.status(&job), JobStatus::InProgress);
    worker.call(with(most, None)).await.unwrap();
}
