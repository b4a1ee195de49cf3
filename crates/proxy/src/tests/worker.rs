//! A real client: `aws-sdk-codepipeline`, pointed at a recording by nothing but an endpoint URL.

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_codepipeline::types::JobStatus;

use crate::testing::{
    Act, CLIENT_KEY, Options, Record, SECRET, ScriptedSource, Upstream, ok, verify,
};

const JOB: &str = "0f1e2d3c-4b5a-4968-8776-655443322110";

/// A worker that knows the recording as its endpoint, and no proxy.
fn worker(record: &Record) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new(CLIENT_KEY, "secret", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(format!("http://{}/session/one", record.address));
    Client::from_conf(config.build())
}

#[tokio::test]
async fn acknowledges_a_job() {
    let upstream = Upstream::start([Act::Send(ok(r#"{"status":"InProgress"}"#))]).await;
    let (record, log) = Record::start(Options::to(&upstream.url())).await;
    let call = worker(&record).acknowledge_job().job_id(JOB).nonce("3");
    let answer = call.send().await.unwrap();
    assert_eq!(answer.status(), Some(&JobStatus::InProgress));
    let (scope, _) = verify(&upstream.only(), SECRET).unwrap();
    assert!(scope.contains("/eu-central-1/"), "{scope}");
    assert_eq!(log.only().operation.name(), "AcknowledgeJob");
}

#[tokio::test]
async fn is_told_once_what_is_wrong() {
    let error = r#"{"__type":"InvalidNonceException","message":"no"}"#;
    let length = error.len();
    let act = format!("HTTP/1.1 400 Bad Request\r\nContent-Length: {length}\r\n\r\n{error}");
    let upstream = Upstream::start([Act::Send(act.into_bytes())]).await;
    let (record, _log) = Record::start(Options::to(&upstream.url())).await;
    let call = worker(&record).acknowledge_job().job_id(JOB).nonce("3");
    let error = call.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_nonce_exception(), "{error:?}");
    assert_eq!(record.tally.total_recorded(), 1);
}

#[tokio::test]
async fn does_not_retry_a_refusal() {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let mut options = Options::to(&upstream.url());
    options.source = ScriptedSource::new([None]);
    let source = options.source.clone();
    let (record, _log) = Record::start(options).await;
    let call = worker(&record).acknowledge_job().job_id(JOB).nonce("3");
    let error = call.send().await.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("PipetapeNoCredentialsException"));
    assert!(error.meta().message().unwrap().contains("nothing scripted"));
    assert_eq!(source.count(), 1);
}
