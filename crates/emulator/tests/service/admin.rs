//! The admin routes.

use std::time::Duration;

use pipetape_emulator::{EmulatorConfig, JobDefinition};
use serde_json::json;

use super::support::{Worker, admin, ask, body, config, emulator, request_of, start};

#[tokio::test]
async fn jobs_are_made_and_listed() {
    let emulator = emulator(config(), 0);
    let (status, one) = admin(&emulator, "POST", "jobs", "{}").await;
    assert_eq!(status, 200);
    let id = one["jobs"][0]["id"].as_str().unwrap();
    assert_eq!(one, json!({ "jobs": [{ "id": id }] }));
    let own = "0f1e2d3c-4b5a-4968-8776-655443322110";
    let two = format!(r#"[{{"id":"{own}"}}, {{"actionTypeId":{{"owner":"ThirdParty"}}}}]"#);
    let (_, two) = admin(&emulator, "POST", "jobs", &two).await;
    assert_eq!(
        (two["jobs"].as_array().unwrap().len(), &two["jobs"][0]["id"]),
        (2, &json!(own))
    );

    let (status, listed) = admin(&emulator, "GET", "jobs", "").await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(serde_json::to_string_pretty(&listed).unwrap(), @r#"
    {
      "jobs": [
        {
          "actionTypeId": {
            "category": "Build",
            "owner": "Custom",
            "provider": "Example",
            "version": "1"
          },
          "id": "a9e21c62-94fa-41e8-a3bc-6f7439fa1a96",
          "pipelineName": "example-pipeline",
          "status": "Queued"
        },
        {
          "actionTypeId": {
            "category": "Build",
            "owner": "Custom",
            "provider": "Example",
            "version": "1"
          },
          "id": "0f1e2d3c-4b5a-4968-8776-655443322110",
          "pipelineName": "example-pipeline",
          "status": "Queued"
        },
        {
          "actionTypeId": {
            "category": "Build",
            "owner": "ThirdParty",
            "provider": "Example",
            "version": "1"
          },
          "clientId": "8501f532-5b7a-4799-961e-ed0edf7da695",
          "id": "eb5e70d2-60b9-47c7-882a-e23e7fcc5db0",
          "pipelineName": "example-pipeline",
          "status": "Queued"
        }
      ]
    }
    "#);
    let worker = Worker::new(&emulator, "a");
    assert_eq!(worker.poll(10).await.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let emulator = emulator(config(), 1);
    let taken = format!(r#"[{{}}, {{"id":"{}"}}]"#, emulator.jobs()[0].id);
    let mut answers = Vec::new();
    for (method, path, sent) in [
        ("POST", "jobs", r#"{"colour":1}"#),
        ("POST", "jobs", taken.as_str()),
        ("DELETE", "jobs", ""),
        ("GET", "jobs/0f1e2d3c-4b5a-4968-8776-655443322110", ""),
        ("POST", "jobs/x", ""),
        ("POST", "clock", "{}"),
        ("POST", "clock", r#"{"advance":"-3s"}"#),
        ("POST", "faults", "{}x"),
        ("POST", "faults", r#"{"rules":["*:500","*:explode"]}"#),
        ("DELETE", "faults/7", ""),
        ("GET", "nothing", ""),
    ] {
        let (status, answer) = admin(&emulator, method, path, sent).await;
        answers.push(format!("{status} {}", answer["error"].as_str().unwrap()));
    }
    // Neither the jobs nor the faults beside the wrong ones were taken.
    assert_eq!(emulator.jobs().len(), 1);
    let (_, faults) = admin(&emulator, "GET", "faults", "").await;
    assert_eq!(faults, json!({ "faults": [] }));
    insta::assert_snapshot!(answers.join("\n").replace(emulator.jobs()[0].id.as_str(), "ID"), @r#"
    400 jobs are not in order: unknown field `colour`, expected one of `id`, `accountId`, `clientId`, `clientToken`, `delay`, `jobTimeout`, `data`, `actionTypeId`, `configuration`, `actionConfiguration`, `pipelineContext`, `inputArtifacts`, `outputArtifacts`, `artifactCredentials`, `continuationToken`, `encryptionKey` at line 1 column 9 (docs/emulator.md has the format)
    409 another job has the id `ID`: leave it out to have one made up
    405 this admin route takes GET, POST
    404 no job has this id
    405 this admin route takes GET
    400 a body such as {"advance":"30s"} is expected
    400 a body such as {"advance":"30s"} is expected
    400 a body such as {"rule":"AcknowledgeJob:throttle:count=2"} or {"rules":[…]} is expected
    400 fault `explode` is not known: throttle, 500, 503, delay=TIME, reset, reset=after, truncate=BYTES, InvalidNonce, JobNotFound and timeout-job are
    404 no fault has this id
    404 no such admin route
    "#);
}

#[tokio::test]
async fn the_clock_is_moved() {
    let emulator = emulator(config(), 0);
    let (_, before) = admin(&emulator, "GET", "clock", "").await;
    assert_eq!(
        before,
        json!({ "now": "2026-01-01T00:00:00.000Z", "advanced": "0s" })
    );
    let (status, after) = admin(&emulator, "POST", "clock", r#"{"advance":"30s"}"#).await;
    assert_eq!(status, 200);
    assert_eq!(
        after,
        json!({ "now": "2026-01-01T00:00:30.000Z", "advanced": "30s" })
    );
    assert_eq!(emulator.clock().now(), start() + Duration::from_secs(30));
}

#[tokio::test]
async fn faults_are_added_and_taken_away() {
    let emulator = emulator(config(), 0);
    let rules = r#"{"rules":["*:500:count=1","PollForJobs:throttle"]}"#;
    let (status, added) = admin(&emulator, "POST", "faults", rules).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(added, @r#"{"faults":[{"id":1,"met":0,"rule":"*:500:count=1","struck":0},{"id":2,"met":0,"rule":"PollForJobs:throttle","struck":0}]}"#);
    let worker = Worker::new(&emulator, "a");
    let poll = || pipetape_core::operations::PollForJobsRequest {
        action_type_id: super::support::action_type(),
        max_batch_size: None,
        query_param: None,
    };
    worker.call(poll()).await.unwrap_err();
    worker.call(poll()).await.unwrap_err();
    let (_, left) = admin(&emulator, "DELETE", "faults/1", "").await;
    insta::assert_snapshot!(left, @r#"{"faults":[{"id":2,"met":1,"rule":"PollForJobs:throttle","struck":1}]}"#);
    let (_, none) = admin(&emulator, "DELETE", "faults", "").await;
    assert_eq!(none, json!({ "faults": [] }));
    worker.call(poll()).await.unwrap();
}

#[tokio::test]
async fn health_and_metrics_count() {
    let config = EmulatorConfig {
        faults: vec!["AcknowledgeJob:delay=0s".parse().unwrap()],
        ..config()
    };
    let emulator = emulator(config, 2);
    let worker = Worker::new(&emulator, "a");
    let job = worker.poll(1).await.remove(0);
    worker.acknowledge(&job).await.unwrap();
    worker.acknowledge(&job).await.unwrap_err();
    ask(&emulator, request_of("GET", "/", &[], "")).await;
    let (_, health) = admin(&emulator, "GET", "health", "").await;
    assert_eq!(
        health,
        json!({ "status": "ok", "jobs": 2, "calls": 4, "faults": 2 })
    );
    let headers = [("host", "localhost")];
    let metrics = ask(
        &emulator,
        request_of("GET", "/_pipetape/metrics", &headers, ""),
    )
    .await;
    insta::assert_snapshot!(body(&metrics), @r#"
    # HELP pipetape_calls_total Calls, by operation and what they were answered.
    # TYPE pipetape_calls_total counter
    pipetape_calls_total{operation="-",outcome="not routed"} 1
    pipetape_calls_total{operation="AcknowledgeJob",outcome="InvalidNonceException"} 1
    pipetape_calls_total{operation="AcknowledgeJob",outcome="ok"} 1
    pipetape_calls_total{operation="PollForJobs",outcome="ok"} 1
    # HELP pipetape_faults_total Faults injected on demand, by kind.
    # TYPE pipetape_faults_total counter
    pipetape_faults_total{kind="delay"} 2
    # HELP pipetape_jobs Jobs, by status.
    # TYPE pipetape_jobs gauge
    pipetape_jobs{status="Created"} 0
    pipetape_jobs{status="Queued"} 1
    pipetape_jobs{status="Dispatched"} 0
    pipetape_jobs{status="InProgress"} 1
    pipetape_jobs{status="TimedOut"} 0
    pipetape_jobs{status="Succeeded"} 0
    pipetape_jobs{status="Failed"} 0
    "#);
    insta::assert_snapshot!(emulator.summary(), @"2 jobs (1 Queued, 1 InProgress), 4 calls, 2 faults injected");
}

#[tokio::test]
async fn admin_routes_are_for_this_machine() {
    let emulator = emulator(config(), 1);
    let headers = [("host", "example.net")];
    let response = ask(
        &emulator,
        request_of("GET", "/_pipetape/jobs", &headers, ""),
    )
    .await;
    assert_eq!(response.status(), 403);
}

#[tokio::test]
async fn a_taken_id_is_refused() {
    let emulator = emulator(config(), 1);
    let again = JobDefinition {
        id: Some(emulator.jobs()[0].id.clone()),
        ..JobDefinition::default()
    };
    let error = emulator.enqueue(again.clone()).unwrap_err().to_string();
    assert!(error.contains("leave it out"), "{error}");
    assert!(pipetape_emulator::Emulator::new(config(), vec![again.clone(), again]).is_err());
}
