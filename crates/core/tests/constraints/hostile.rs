//! Requests and responses with one value replaced by any other JSON.

use pipetape_core::Operation;
use pipetape_core::protocol::{self, Reply};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::requests::{JOB, typed, whole};

/// Any JSON of a few levels, with the numbers and texts that parsers trip over.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,60}".prop_map(Value::from),
        Just(Value::from(JOB)),
        Just(Value::from("a".repeat(6000))),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((".{0,12}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A pointer to each value in a JSON tree.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                pointers(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn replaced(mut whole: Value, choice: prop::sample::Index, value: Value) -> Value {
    let mut found = Vec::new();
    pointers(&whole, "", &mut found);
    let pointer: &String = choice.get(&found);
    *whole.pointer_mut(pointer).unwrap() = value;
    whole
}

fn details() -> Value {
    json!({
        "jobDetails": {
            "id": JOB,
            "accountId": "123456789012",
            "data": {
                "__type": "JobData",
                "actionTypeId": {
                    "__type": "ActionTypeId", "category": "Build", "owner": "Custom",
                    "provider": "P", "version": "1",
                },
                "actionConfiguration": {
                    "__type": "ActionConfiguration",
                    "configuration": {"Password": "hunter2"},
                },
                "pipelineContext": {
                    "pipelineName": "p", "stage": {"name": "s"},
                    "action": {"name": "a", "actionExecutionId": "x"},
                    "pipelineArn": "arn:aws:codepipeline:us-east-1:123456789012:p",
                    "pipelineExecutionId": JOB,
                },
                "inputArtifacts": [{
                    "name": "i", "revision": "r",
                    "location": {
                        "type": "S3",
                        "s3Location": {"bucketName": "b", "objectKey": "p/a/x"},
                    },
                }],
                "outputArtifacts": [],
                "artifactCredentials": {
                    "__type": "AWSSessionCredentials", "accessKeyId": "ASIA",
                    "secretAccessKey": "hunter3", "sessionToken": "hunter4",
                },
                "continuationToken": "hunter5",
                "encryptionKey": {"id": "k", "type": "KMS"},
            },
        },
    })
}

#[test]
fn a_job_is_read_whole_and_its_secrets_are_hidden() {
    let body = details().to_string();
    let reply = protocol::decode_response(&Operation::GetJobDetails, 200, body.as_bytes()).unwrap();
    let shown = format!("{reply:?}");
    assert!(
        !shown.contains("hunter") && !shown.contains("ASIA"),
        "{shown}"
    );
    let Reply::GetJobDetails(response) = &reply else {
        panic!("{reply:?}");
    };
    let data = response
        .job_details
        .as_ref()
        .unwrap()
        .data
        .as_ref()
        .unwrap();
    assert_eq!(
        data.continuation_token.as_ref().unwrap().expose(),
        "hunter5"
    );

    // Written again, it lacks nothing but the members that the model does not have.
    let mut expected = details();
    for pointer in [
        "/jobDetails/data",
        "/jobDetails/data/actionTypeId",
        "/jobDetails/data/actionConfiguration",
        "/jobDetails/data/artifactCredentials",
    ] {
        let members = expected.pointer_mut(pointer).unwrap();
        members.as_object_mut().unwrap().remove("__type");
    }
    let written: Value = serde_json::from_slice(&protocol::encode_response(&reply).body).unwrap();
    assert_eq!(written, expected);
}

proptest! {
    #[test]
    fn a_changed_request_is_read_or_refused(
        operation in 0..15usize,
        choice: prop::sample::Index,
        value in any_json(),
    ) {
        let operation = typed().nth(operation).unwrap();
        let body = replaced(whole(operation), choice, value).to_string();
        match protocol::decode_request(operation, body.as_bytes()) {
            Ok(call) => {
                let written = protocol::encode_request(&call);
                prop_assert_eq!(protocol::decode_request(operation, &written), Ok(call));
            }
            Err(error) => {
                let encoded = protocol::encode_error(&error);
                prop_assert_eq!(encoded.status, 400);
                prop_assert!(serde_json::from_slice::<Value>(&encoded.body).is_ok());
            }
        }
    }

    #[test]
    fn a_changed_response_is_read_or_refused(choice: prop::sample::Index, value in any_json()) {
        let body = replaced(details(), choice, value).to_string();
        let operation = &Operation::GetJobDetails;
        if let Ok(reply) = protocol::decode_response(operation, 200, body.as_bytes()) {
            let written = protocol::encode_response(&reply);
            let read = protocol::decode_response(operation, 200, &written.body);
            prop_assert_eq!(read.unwrap(), reply);
        }
    }
}
