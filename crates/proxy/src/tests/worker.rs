//! A real client: `aws-sdk-codepipeline`, pointed at a recording by nothing but an endpoint URL.

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_codepipeline::types::JobStatus;

use crate::testing::{Act, Options, Record, SECRET, Upstream, ok, verify};

const JOB: &str = "0f1e2d3c-4b5a-4968-8776-655443322110";

async fn worker(upstream: &Upstream) -> (Client, Record, crate::testing::MemoryLog) {
    let (record, log) = Record::start(Options::to(&upstream.url())).await;
    let config = aws_sdk_codepipeline::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new(
            "AKIAWORKERSOWNEXAMPL",
            "secret",
            None,
            None,
            "test",
        ))
        .endpoint_url(format!("http://{}/session/one", record.address))
        .build();
    (Client::from_conf(config), record, log)
}

#[tokio::test]
async fn acknowledges_a_job() {
    let upstream = Upstream::start([Act::Send(ok(r#"{"status":"InProgress"}"#))]).await;
    let (client, _record, log) = worker(&upstream).await;
    let call = client.acknowledge_job().job_id(JOB).nonce("3");
    let answer = call.send().await.unwrap();
    assert_eq!(answer.status(), Some(&JobStatus::InProgress));
    let (scope, _) = verify(&upstream.only(), SECRET).unwrap();
    assert!(scope.contains("/eu-central-1/"), "{scope}");
    assert_eq!(log.only().operation.name(), "AcknowledgeJob");
}

#[tokio::test]
async fn is_told_once_what_is_wrong() {
    let error = r#"{"__type":"InvalidNonceException","message":"no"}"#;
    let act = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{error}",
        error.len()
    );
    let upstream = Upstream::start([Act::Send(act.into_bytes())]).await;
    let (client, record, _log) = worker(&upstream).await;
    let call = client.acknowledge_job().job_id(JOB).nonce("3");
    let error = call.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_nonce_exception(), "{error:?}");
    assert_eq!(record.tally.total_recorded(), 1);
}

#[tokio::test]
async fn does_not_retry_a_refusal() {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let mut options = Options::to(&upstream.url());
    options.source = crate::testing::ScriptedSource::new([None]);
    let source = options.source.clone();
    let (record, _log) = Record::start(options).await;
    let config = aws_sdk_codepipeline::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new(
            "AKIAWORKERSOWNEXAMPL",
            "secret",
            None,
            None,
            "test",
        ))
        .endpoint_url(format!("http://{}", record.address))
        .build();
    let call = Client::from_conf(config).acknowledge_job();
    let error = call.job_id(JOB).nonce("3").send().await.unwrap_err();
    let error = error.into_service_error();
    assert_eq!(error.meta().code(), Some("PipetapeNoCredentialsException"));
    assert!(error.meta().message().unwrap().contains("nothing scripted"));
    assert_eq!(source.count(), 1);
}
