//! The front end's checks in their order, byte for byte.

use pipetape_emulator::EmulatorConfig;

use super::support::{ask, body, config, emulator, request_of};

const JSON: &str = "application/x-amz-json-1.1";

struct Sent<'a> {
    content_type: Option<&'a str>,
    target: Option<&'a str>,
    body: &'a str,
}

fn sent<'a>(operation: &'a str, body: &'a str) -> Sent<'a> {
    Sent {
        content_type: Some(JSON),
        target: Some(operation),
        body,
    }
}

/// Sends one request; the status and the body that come back.
async fn answer(config: EmulatorConfig, sent: Sent<'_>) -> String {
    let target = sent
        .target
        .map(|operation| format!("CodePipeline_20150709.{operation}"));
    let mut headers = vec![("host", "127.0.0.1")];
    headers.extend(sent.content_type.map(|value| ("content-type", value)));
    headers.extend(target.as_deref().map(|value| ("x-amz-target", value)));
    let emulator = emulator(config, 1);
    let response = ask(
        &emulator,
        request_of("POST", "/", &headers, sent.body.to_owned()),
    )
    .await;
    assert_eq!(response.headers()["content-type"], JSON);
    format!("{} {}", response.status().as_u16(), body(&response))
}

async fn check(sent: Sent<'_>, expected: &str) {
    let shown = (sent.content_type, sent.target, sent.body);
    let shown = format!("{shown:?}");
    assert_eq!(answer(config(), sent).await, expected, "{shown}");
}

#[tokio::test]
async fn content_type_then_json_then_target() {
    let plain = r#"404 {"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}"#;
    let xml = "404 <UnknownOperationException/>";
    for (content_type, expected) in [
        (Some("application/json"), plain),
        (None, xml),
        (Some("application/x-amz-json-1.0"), xml),
    ] {
        for (target, body) in [("PollForJobs", "{}"), ("Nothing", "{")] {
            let target = Some(target);
            let sent = Sent {
                content_type,
                target,
                body,
            };
            check(sent, expected).await;
        }
    }
    let unreadable = r#"400 {"__type":"SerializationException"}"#;
    for body in ["", "{", "null", "3", "\"a\"", "{} {}"] {
        check(sent("PollForJobs", body), unreadable).await;
    }
    let list = r#"400 {"__type":"SerializationException","Message":"Start of list found where not expected"}"#;
    check(sent("PollForJobs", "[]"), list).await;
    let unknown = r#"400 {"__type":"UnknownOperationException"}"#;
    check(sent("Nothing", "{}"), unknown).await;
    check(sent("Nothing", ""), unknown).await;
    check(sent("pollForJobs", "{}"), unknown).await;
    check(sent("Nothing", "{"), unreadable).await;
    let none = Sent {
        content_type: Some(JSON),
        target: None,
        body: "{}",
    };
    check(none, unknown).await;
}

#[tokio::test]
async fn types_then_constraints_then_the_operation() {
    let number = r#"400 {"__type":"SerializationException","Message":"NUMBER_VALUE can not be converted to a String"}"#;
    check(sent("AcknowledgeJob", r#"{"jobId":"x","nonce":3}"#), number).await;
    let text = r#"400 {"__type":"SerializationException","Message":"STRING_VALUE can not be converted to an Integer"}"#;
    check(sent("PollForJobs", r#"{"maxBatchSize":"1"}"#), text).await;
    let null = r#"400 {"__type":"ValidationException","message":"1 validation error detected: Value null at 'actionTypeId' failed to satisfy constraint: Member must not be null"}"#;
    check(sent("PollForJobs", "{}"), null).await;
    check(sent("PollForJobs", r#"{"actionTypeId":null}"#), null).await;
    let pattern = r#"400 {"__type":"ValidationException","message":"1 validation error detected: Value at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}"#;
    check(sent("GetJobDetails", r#"{"jobId":"x"}"#), pattern).await;
    let not_found = r#"400 {"__type":"JobNotFoundException","message":"The job cannot be found"}"#;
    let absent = r#"{"jobId":"0f1e2d3c-4b5a-4968-8776-655443322110","extra":[{}]}"#;
    check(sent("GetJobDetails", absent), not_found).await;
}

#[tokio::test]
async fn operations_beyond_a_workers_are_not_supported() {
    let unsupported = r#"400 {"__type":"UnsupportedOperationException","message":"pipetape emulates the operations of job workers, and GetPipeline is not one of them: record it from the service instead"}"#;
    check(sent("GetPipeline", r#"{"name":"p"}"#), unsupported).await;
}

#[tokio::test]
async fn answers_without_content_are_empty() {
    let emulator = emulator(config(), 1);
    let worker = super::support::Worker::new(&emulator, "a");
    let job = worker.poll(1).await.remove(0);
    worker.acknowledge(&job).await.unwrap();
    let pipetape_serve::Reply::Response(response) =
        worker.send(super::support::success(&job, None)).await
    else {
        panic!("no whole answer");
    };
    assert_eq!(
        (response.status().as_u16(), response.body().len()),
        (200, 0)
    );
}

#[tokio::test]
async fn neither_method_nor_path_is_looked_at() {
    let emulator = emulator(config(), 1);
    let headers = [
        ("content-type", JSON),
        ("x-amz-target", "CodePipeline_20150709.PollForJobs"),
    ];
    let polled = r#"{"actionTypeId":{"category":"Build","owner":"Custom","provider":"Other","version":"1"},"maxBatchSize":1.5}"#;
    for (method, uri) in [
        ("POST", "/pre/fix/"),
        ("POST", "http://codepipeline.us-east-1.amazonaws.com/"),
        ("PUT", "/?x=y"),
    ] {
        let response = ask(&emulator, request_of(method, uri, &headers, polled)).await;
        assert_eq!(
            (response.status().as_u16(), body(&response)),
            (200, r#"{"jobs":[]}"#.into())
        );
    }
}

#[tokio::test]
async fn a_polled_job_is_written_as_the_service_writes_it() {
    let poll = r#"{"actionTypeId":{"category":"Build","owner":"Custom","provider":"Example","version":"1"}}"#;
    insta::assert_snapshot!(answer(config(), sent("PollForJobs", poll)).await, @r#"200 {"jobs":[{"id":"a9e21c62-94fa-41e8-a3bc-6f7439fa1a96","data":{"actionTypeId":{"category":"Build","owner":"Custom","provider":"Example","version":"1"},"actionConfiguration":{"configuration":{"ProjectName":"example-project"}},"pipelineContext":{"pipelineName":"example-pipeline","stage":{"name":"Build"},"action":{"name":"Example","actionExecutionId":"d0b3b736-14e9-4fff-9ce5-5e7b5f76ed40"},"pipelineArn":"arn:aws:codepipeline:us-east-1:111122223333:example-pipeline","pipelineExecutionId":"f1d8a118-b83b-402e-b467-a615dbae1eae"},"inputArtifacts":[{"name":"SourceArtifact","location":{"type":"S3","s3Location":{"bucketName":"codepipeline-us-east-1-008140257770","objectKey":"example-pipeline/SourceArti/r59M0wW"}}}],"outputArtifacts":[{"name":"BuildArtifact","location":{"type":"S3","s3Location":{"bucketName":"codepipeline-us-east-1-008140257770","objectKey":"example-pipeline/BuildArtif/4vIAwCr"}}}],"artifactCredentials":{"accessKeyId":"ASIAFAKE6INBJXMAEMWG","secretAccessKey":"FAKE/olwSl0lelQH3iD5IgLKSTIlamsJrGfeoYMy","sessionToken":"FAKE/EbonHDePdkiJhWJr8HZd95PV7P8MaoBn5kJL0zoqtfr8MaCEWROdcJ4cnN7WJWJy91atCIrGZ4GGnV7lUqexyPGBrZC"},"encryptionKey":{"id":"arn:aws:kms:us-east-1:111122223333:key/6654feff-fbf0-4e84-8a60-bb59fbbc349f","type":"KMS"}},"nonce":"1","accountId":"111122223333"}]}"#);
}
