//! What a person who debugs a worker sees of a job.

use std::time::Duration;

use super::support::{Worker, acknowledge, admin, config, emulator, success};

#[tokio::test]
async fn a_history_tells_who_did_what_and_what_came_of_it() {
    let emulator = emulator(config(), 1);
    let (a, b) = (
        Worker::new(&emulator, "AKIAWORKERA"),
        Worker::new(&emulator, "AKIAWORKERB"),
    );
    let first = a.poll(1).await.remove(0);
    emulator.clock().advance(Duration::from_secs(31));
    let second = b.poll(1).await.remove(0);
    a.acknowledge(&first).await.unwrap_err();
    b.acknowledge(&second).await.unwrap();
    let rule = r#"{"rule":"PutJobSuccessResult:throttle:count=1"}"#;
    admin(&emulator, "POST", "faults", rule).await;
    b.call(success(&second, None)).await.unwrap_err();
    b.call(success(&second, Some("t"))).await.unwrap();

    let id = first.id.unwrap();
    let (status, job) = admin(&emulator, "GET", &format!("jobs/{id}"), "").await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(serde_json::to_string_pretty(&job).unwrap(), @r#"
    {
      "actionTypeId": {
        "category": "Build",
        "owner": "Custom",
        "provider": "Example",
        "version": "1"
      },
      "continuedBy": "aae88206-decb-4641-8f3d-4fe66420db0c",
      "history": [
        {
          "at": "2026-01-01T00:00:00.000Z",
          "event": "enqueued",
          "status": "Created"
        },
        {
          "at": "2026-01-01T00:00:00.000Z",
          "event": "queued",
          "status": "Queued"
        },
        {
          "accessKeyId": "AKIAWORKERA",
          "at": "2026-01-01T00:00:00.000Z",
          "nonce": "1",
          "operation": "PollForJobs",
          "outcome": "ok",
          "requestId": "8212607f-a5f6-40fc-800a-51ed536f6d84",
          "status": "Dispatched",
          "userAgent": "worker/1.0"
        },
        {
          "at": "2026-01-01T00:00:30.000Z",
          "event": "returned",
          "status": "Queued"
        },
        {
          "accessKeyId": "AKIAWORKERB",
          "at": "2026-01-01T00:00:31.000Z",
          "nonce": "2",
          "operation": "PollForJobs",
          "outcome": "ok",
          "requestId": "6b5bdb75-9069-4541-a2c0-d748e8e1a2e9",
          "status": "Dispatched",
          "userAgent": "worker/1.0"
        },
        {
          "accessKeyId": "AKIAWORKERA",
          "at": "2026-01-01T00:00:31.000Z",
          "nonce": "1",
          "operation": "AcknowledgeJob",
          "outcome": "InvalidNonceException",
          "requestId": "b57c9e63-0700-4372-903c-8fc3af359004",
          "status": "Dispatched",
          "userAgent": "worker/1.0"
        },
        {
          "accessKeyId": "AKIAWORKERB",
          "at": "2026-01-01T00:00:31.000Z",
          "nonce": "2",
          "operation": "AcknowledgeJob",
          "outcome": "ok",
          "requestId": "2c079a0b-c8c1-42ae-a9ac-b6e6f62db2ef",
          "status": "InProgress",
          "userAgent": "worker/1.0"
        },
        {
          "accessKeyId": "AKIAWORKERB",
          "at": "2026-01-01T00:00:31.000Z",
          "fault": "throttle",
          "operation": "PutJobSuccessResult",
          "outcome": "ThrottlingException",
          "requestId": "6f0026e8-278f-4d0e-8534-7fd5ed615e88",
          "status": "InProgress",
          "userAgent": "worker/1.0"
        },
        {
          "accessKeyId": "AKIAWORKERB",
          "at": "2026-01-01T00:00:31.000Z",
          "operation": "PutJobSuccessResult",
          "outcome": "ok",
          "requestId": "89545add-8e32-4961-86e7-321d0273207b",
          "status": "Succeeded",
          "userAgent": "worker/1.0"
        }
      ],
      "id": "a9e21c62-94fa-41e8-a3bc-6f7439fa1a96",
      "nonce": "2",
      "pipelineName": "example-pipeline",
      "status": "Succeeded"
    }
    "#);
    let next = job["continuedBy"].as_str().unwrap();
    let (_, next) = admin(&emulator, "GET", &format!("jobs/{next}"), "").await;
    assert_eq!(next["continues"], job["id"]);
    assert_eq!(next["history"][0]["event"], "continued");
}

#[tokio::test]
async fn a_history_has_nothing_of_what_is_secret() {
    let emulator = emulator(config(), 1);
    let worker = Worker::new(&emulator, "a");
    let job = worker.poll(1).await.remove(0);
    worker.acknowledge(&job).await.unwrap();
    worker
        .call(success(&job, Some("secret-token")))
        .await
        .unwrap();
    for id in emulator.jobs().into_iter().map(|job| job.id) {
        let (_, shown) = admin(&emulator, "GET", &format!("jobs/{id}"), "").await;
        let shown = shown.to_string();
        for secret in ["secret-token", "FAKE", "example-project", "Signature"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[tokio::test]
async fn strangers_words_are_bounded() {
    let emulator = emulator(config(), 1);
    let worker = Worker::new(&emulator, &"k".repeat(5_000));
    let id = emulator.jobs()[0].id.clone();
    for _ in 0..1_100 {
        worker.call(acknowledge(&id, "no")).await.unwrap_err();
    }
    let job = emulator.job(&id).unwrap();
    let history = job.history.unwrap();
    assert_eq!((history.len(), job.history_omitted), (1_000, 102));
    let longest = history
        .iter()
        .filter_map(|entry| entry.access_key_id.as_ref());
    assert_eq!(longest.map(String::len).max(), Some(128));
}
