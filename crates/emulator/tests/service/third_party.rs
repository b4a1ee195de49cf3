//! Third-party actions: jobs without data until the worker has shown its token.

use std::sync::Arc;
use std::time::Duration;

use pipetape_core::operations::{
    AcknowledgeJobRequest, AcknowledgeThirdPartyJobRequest, GetActionTypeRequest,
    GetJobDetailsRequest, GetThirdPartyJobDetailsRequest, PollForJobsRequest,
    PollForThirdPartyJobsRequest, PutThirdPartyJobFailureResultRequest,
    PutThirdPartyJobSuccessResultRequest,
};
use pipetape_core::shapes::{JobId, JobStatus, ThirdPartyJob, ThirdPartyJobDetails};
use pipetape_emulator::{Client, Emulator, JobDefinition};

use super::support::{Worker, config, emulator, failure_details, with_type};

const WRONG: &str = "InvalidClientTokenException";
const RIGHT: &str = Client::MADE_UP_TOKEN;

fn with_one_job() -> (Arc<Emulator>, Worker) {
    let emulator = emulator(config(), 0);
    let definition = JobDefinition {
        action_type_id: Some(with_type("ThirdParty", "Partner")),
        ..JobDefinition::default()
    };
    emulator.enqueue(definition).unwrap();
    let worker = Worker::new(&emulator, "partner");
    (emulator, worker)
}

async fn poll(worker: &Worker) -> Vec<ThirdPartyJob> {
    let request = PollForThirdPartyJobsRequest {
        action_type_id: with_type("ThirdParty", "Partner"),
        max_batch_size: None,
    };
    worker.call(request).await.unwrap().jobs
}

fn details(id: &JobId, token: &str) -> GetThirdPartyJobDetailsRequest {
    GetThirdPartyJobDetailsRequest {
        job_id: id.clone().into(),
        client_token: token.parse().unwrap(),
    }
}

fn acknowledge(id: &JobId, nonce: &str, token: &str) -> AcknowledgeThirdPartyJobRequest {
    AcknowledgeThirdPartyJobRequest {
        job_id: id.clone().into(),
        nonce: nonce.parse().unwrap(),
        client_token: token.parse().unwrap(),
    }
}

fn success(
    id: &JobId,
    client: &str,
    continuation: Option<&str>,
) -> PutThirdPartyJobSuccessResultRequest {
    PutThirdPartyJobSuccessResultRequest {
        job_id: id.clone().into(),
        client_token: client.parse().unwrap(),
        current_revision: None,
        continuation_token: continuation.map(|token| token.parse().unwrap()),
        execution_details: None,
    }
}

fn failure(id: &JobId, token: &str) -> PutThirdPartyJobFailureResultRequest {
    PutThirdPartyJobFailureResultRequest {
        job_id: id.clone().into(),
        client_token: token.parse().unwrap(),
        failure_details: failure_details(),
    }
}

async fn read(worker: &Worker, id: &JobId) -> ThirdPartyJobDetails {
    let answer = worker.call(details(id, RIGHT)).await.unwrap();
    answer.job_details.unwrap()
}

#[tokio::test]
async fn a_job_goes_through_its_life() {
    let (emulator, worker) = with_one_job();
    let polled = poll(&worker).await.remove(0);
    let id = polled.job_id.unwrap();
    assert_eq!(worker.view(&id).client_id, polled.client_id);
    assert!(poll(&worker).await.is_empty());

    let found = read(&worker, &id).await;
    let nonce = found.nonce.unwrap();
    assert!(found.data.unwrap().artifact_credentials.is_some());
    worker
        .call(acknowledge(&id, nonce.as_str(), RIGHT))
        .await
        .unwrap();
    let again = worker
        .refused(acknowledge(&id, nonce.as_str(), RIGHT))
        .await;
    assert_eq!(again, "InvalidNonceException");

    worker
        .call(success(&id, RIGHT, Some("more")))
        .await
        .unwrap();
    let next = poll(&worker).await.remove(0);
    assert_eq!(next.client_id, polled.client_id);
    let next = next.job_id.unwrap();
    let found = read(&worker, &next).await;
    assert_eq!(
        found.data.unwrap().continuation_token.unwrap().expose(),
        "more"
    );
    let nonce = found.nonce.unwrap();
    worker
        .call(acknowledge(&next, nonce.as_str(), RIGHT))
        .await
        .unwrap();
    worker.call(failure(&next, RIGHT)).await.unwrap();
    let statuses: Vec<_> = emulator.jobs().into_iter().map(|job| job.status).collect();
    assert_eq!(statuses, [JobStatus::Succeeded, JobStatus::Failed]);
    assert_eq!(
        worker.refused(failure(&next, RIGHT)).await,
        "InvalidJobStateException"
    );
}

#[tokio::test]
async fn a_wrong_token_gets_nothing_done() {
    let (_, worker) = with_one_job();
    let id = poll(&worker).await.remove(0).job_id.unwrap();
    let nonce = read(&worker, &id).await.nonce.unwrap();
    assert_eq!(worker.refused(details(&id, "x")).await, WRONG);
    assert_eq!(
        worker.refused(acknowledge(&id, nonce.as_str(), "x")).await,
        WRONG
    );
    assert_eq!(worker.view(&id).status, JobStatus::Dispatched);
    worker
        .call(acknowledge(&id, nonce.as_str(), RIGHT))
        .await
        .unwrap();
    assert_eq!(worker.refused(success(&id, "x", None)).await, WRONG);
    assert_eq!(worker.refused(failure(&id, "x")).await, WRONG);
    assert_eq!(worker.view(&id).status, JobStatus::InProgress);
}

#[tokio::test]
async fn a_job_of_ones_own_client_has_that_clients_token() {
    let emulator = emulator(config(), 0);
    let client = Client {
        id: "0f1e2d3c-4b5a-4968-8776-655443322110".parse().unwrap(),
        token: "theirs".parse().unwrap(),
    };
    let definition = JobDefinition {
        action_type_id: Some(with_type("ThirdParty", "Partner")),
        client: Some(client.clone()),
        ..JobDefinition::default()
    };
    emulator.enqueue(definition).unwrap();
    let worker = Worker::new(&emulator, "partner");
    let job = poll(&worker).await.remove(0);
    assert_eq!(job.client_id, Some(client.id));
    let id = job.job_id.unwrap();
    assert_eq!(worker.refused(details(&id, RIGHT)).await, WRONG);
    assert!(worker.call(details(&id, "theirs")).await.is_ok());
}

#[tokio::test]
async fn a_job_that_comes_back_has_another_nonce() {
    let (emulator, worker) = with_one_job();
    let id = poll(&worker).await.remove(0).job_id.unwrap();
    let old = read(&worker, &id).await.nonce.unwrap();
    emulator.clock().advance(Duration::from_secs(30));
    let refused = worker.refused(acknowledge(&id, old.as_str(), RIGHT)).await;
    assert_eq!(refused, "InvalidNonceException");
    assert_eq!(poll(&worker).await.len(), 1);
    let new = read(&worker, &id).await.nonce.unwrap();
    assert_ne!(old, new);
    worker
        .call(acknowledge(&id, new.as_str(), RIGHT))
        .await
        .unwrap();
}

#[tokio::test]
async fn custom_and_third_party_jobs_are_kept_apart() {
    let (emulator, worker) = with_one_job();
    let custom = emulator.enqueue(JobDefinition::default()).unwrap();
    let third = emulator.jobs()[0].id.clone();
    let not_found = "JobNotFoundException";

    assert_eq!(
        worker.refused(details(&custom, RIGHT)).await,
        "InvalidJobException"
    );
    assert_eq!(
        worker.refused(acknowledge(&custom, "1", RIGHT)).await,
        not_found
    );
    assert_eq!(worker.refused(failure(&custom, RIGHT)).await, not_found);
    let job_id = third.clone();
    assert_eq!(
        worker.refused(GetJobDetailsRequest { job_id }).await,
        not_found
    );
    let nonce = "1".parse().unwrap();
    let job_id = third.clone();
    assert_eq!(
        worker
            .refused(AcknowledgeJobRequest { job_id, nonce })
            .await,
        not_found
    );

    // Neither poll gets the other's jobs, nor does a third-party id have to be a UUID.
    let request = PollForJobsRequest {
        action_type_id: with_type("ThirdParty", "Partner"),
        max_batch_size: None,
        query_param: None,
    };
    assert!(worker.call(request).await.unwrap().jobs.is_empty());
    let request = PollForThirdPartyJobsRequest {
        action_type_id: with_type("Custom", "Example"),
        max_batch_size: None,
    };
    assert!(worker.call(request).await.unwrap().jobs.is_empty());
    let request = GetThirdPartyJobDetailsRequest {
        job_id: "no such job".parse().unwrap(),
        client_token: RIGHT.parse().unwrap(),
    };
    assert_eq!(worker.refused(request).await, not_found);
}

#[tokio::test]
async fn an_action_type_is_described_by_its_jobs() {
    let (_, worker) = with_one_job();
    let request = |provider: &str| GetActionTypeRequest {
        category: "Build".parse().unwrap(),
        owner: "ThirdParty".parse().unwrap(),
        provider: provider.parse().unwrap(),
        version: "1".parse().unwrap(),
    };
    let found = worker
        .call(request("Partner"))
        .await
        .unwrap()
        .action_type
        .unwrap();
    assert_eq!(found.id.provider.as_str(), "Partner");
    assert_eq!(found.input_artifact_details.maximum_count.value(), 1);
    let refused = worker.refused(request("Nobody")).await;
    assert_eq!(refused, "ActionTypeNotFoundException");
}
