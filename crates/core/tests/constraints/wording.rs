//! Absent members, faults that come together, and values of the wrong type.

use insta::assert_snapshot;
use pipetape_core::Operation;
use pipetape_core::protocol::{self, ErrorCode};
use serde_json::{Value, json};

use crate::requests::{complaint, typed, whole};

#[test]
fn whole_requests_are_taken() {
    for operation in typed() {
        let body = whole(operation).to_string();
        let call = protocol::decode_request(operation, body.as_bytes()).unwrap();
        assert_eq!(call.operation(), *operation);
    }
    assert_eq!(typed().count(), 15);
}

#[test]
fn absent_and_null_members_are_the_same() {
    for operation in typed() {
        let whole = whole(operation);
        for name in whole.as_object().unwrap().keys() {
            let mut body = whole.clone();
            body.as_object_mut().unwrap().remove(name);
            let absent = protocol::decode_request(operation, body.to_string().as_bytes());
            body[name] = Value::Null;
            let null = protocol::decode_request(operation, body.to_string().as_bytes());
            assert_eq!(absent, null, "{operation} {name}");
        }
    }
}

#[test]
fn required_members_are_asked_for() {
    let asked = |operation| {
        let error = protocol::decode_request(operation, b"{}").err();
        let text = error.map(|error| error.message().unwrap().to_owned());
        let text = text.unwrap_or_default();
        let asked = text.split("Value null at '").skip(1);
        let asked = asked.map(|rest| rest.split('\'').next().unwrap());
        format!("{operation}: {}.", asked.collect::<Vec<_>>().join(", "))
    };
    let all: Vec<_> = typed().map(asked).collect();
    assert_snapshot!(all.join("\n"), @r"
    PollForJobs: actionTypeId.
    AcknowledgeJob: jobId, nonce.
    GetJobDetails: jobId.
    PutJobSuccessResult: jobId.
    PutJobFailureResult: jobId, failureDetails.
    PollForThirdPartyJobs: actionTypeId.
    AcknowledgeThirdPartyJob: jobId, nonce, clientToken.
    GetThirdPartyJobDetails: jobId, clientToken.
    PutThirdPartyJobSuccessResult: jobId, clientToken.
    PutThirdPartyJobFailureResult: jobId, clientToken, failureDetails.
    PutActionRevision: pipelineName, stageName, actionName, actionRevision.
    ListActionTypes: .
    GetActionType: category, owner, provider, version.
    CreateCustomActionType: category, provider, version, inputArtifactDetails, outputArtifactDetails.
    DeleteCustomActionType: category, provider, version.
    ");
}

#[test]
fn required_members_of_structures_are_asked_for() {
    fn check(operation: &Operation, pointer: &str, expected: &str) {
        let emptied = match whole(operation).pointer(pointer).unwrap() {
            Value::Array(_) => json!([{}]),
            _ => json!({}),
        };
        let text = complaint(operation, pointer, emptied);
        let asked = text.split("Value null at '").skip(1);
        let asked: Vec<_> = asked.map(|rest| rest.split('\'').next().unwrap()).collect();
        assert_eq!(asked.join(" "), expected, "{operation} {text}");
    }
    use Operation as O;
    check(
        &O::PollForJobs,
        "/actionTypeId",
        "actionTypeId.category actionTypeId.owner actionTypeId.provider actionTypeId.version",
    );
    check(
        &O::PutJobSuccessResult,
        "/currentRevision",
        "currentRevision.revision currentRevision.changeIdentifier",
    );
    check(&O::PutJobSuccessResult, "/executionDetails", "");
    check(
        &O::PutJobFailureResult,
        "/failureDetails",
        "failureDetails.type failureDetails.message",
    );
    check(
        &O::PutActionRevision,
        "/actionRevision",
        "actionRevision.revisionId actionRevision.revisionChangeId actionRevision.created",
    );
    check(&O::CreateCustomActionType, "/settings", "");
    check(
        &O::CreateCustomActionType,
        "/configurationProperties",
        "configurationProperties.1.member.name configurationProperties.1.member.required \
         configurationProperties.1.member.key configurationProperties.1.member.secret",
    );
    check(
        &O::CreateCustomActionType,
        "/inputArtifactDetails",
        "inputArtifactDetails.minimumCount inputArtifactDetails.maximumCount",
    );
    check(
        &O::CreateCustomActionType,
        "/tags",
        "tags.1.member.key tags.1.member.value",
    );
}

#[test]
fn several_faults_are_told_together() {
    let body = json!({
        "jobId": "x",
        "failureDetails": {"type": "Bad", "message": "", "externalExecutionId": "e".repeat(1501)},
    });
    let error =
        protocol::decode_request(&Operation::PutJobFailureResult, body.to_string().as_bytes());
    assert_snapshot!(error.unwrap_err().message().unwrap(), @"4 validation errors detected: Value at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}; Value at 'failureDetails.type' failed to satisfy constraint: Member must satisfy enum value set: [JobFailed, ConfigurationError, PermissionError, RevisionOutOfSync, RevisionUnavailable, SystemUnavailable]; Value at 'failureDetails.message' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'failureDetails.externalExecutionId' failed to satisfy constraint: Member must have length less than or equal to 1500");
}

#[test]
fn wrong_types_hide_failed_constraints() {
    fn check(operation: &Operation, pointer: &str, value: Value, text: &str) {
        assert_eq!(
            complaint(operation, pointer, value),
            text,
            "{operation} {pointer}"
        );
    }
    use Operation as O;
    let list = "Start of list found where not expected";
    let structure = "Start of structure or map found where not expected.";
    check(
        &O::AcknowledgeJob,
        "/nonce",
        json!(3),
        "NUMBER_VALUE can not be converted to a String",
    );
    check(
        &O::AcknowledgeJob,
        "/nonce",
        json!(true),
        "TRUE_VALUE can not be converted to a String",
    );
    check(
        &O::AcknowledgeJob,
        "/jobId",
        json!(false),
        "FALSE_VALUE can not be converted to a String",
    );
    check(&O::AcknowledgeJob, "/jobId", json!([]), list);
    check(&O::AcknowledgeJob, "/jobId", json!({}), structure);
    check(
        &O::PollForJobs,
        "/maxBatchSize",
        json!("2"),
        "STRING_VALUE can not be converted to an Integer",
    );
    check(
        &O::PollForJobs,
        "/maxBatchSize",
        json!(true),
        "TRUE_VALUE can not be converted to an Integer",
    );
    check(&O::PollForJobs, "/maxBatchSize", json!([]), list);
    check(
        &O::PollForJobs,
        "/actionTypeId",
        json!("a"),
        "Expected null",
    );
    check(&O::PollForJobs, "/actionTypeId", json!([]), list);
    check(
        &O::PollForJobs,
        "/actionTypeId/owner",
        json!(1),
        "NUMBER_VALUE can not be converted to a String",
    );
    check(&O::PollForJobs, "/queryParam", json!(1), "Expected null");
    check(
        &O::PollForJobs,
        "/queryParam",
        json!({"k": 1}),
        "NUMBER_VALUE can not be converted to a String",
    );
    check(
        &O::PutJobSuccessResult,
        "/outputVariables/k",
        json!({}),
        structure,
    );
    check(
        &O::PutJobSuccessResult,
        "/currentRevision/created",
        json!("x"),
        "STRING_VALUE can not be converted to milliseconds since epoch",
    );
    check(
        &O::CreateCustomActionType,
        "/tags",
        json!("a"),
        "Expected list or null",
    );
    check(&O::CreateCustomActionType, "/tags", json!({}), structure);
    check(
        &O::CreateCustomActionType,
        "/tags/0",
        json!("a"),
        "Expected null",
    );
    check(
        &O::CreateCustomActionType,
        "/configurationProperties/0/key",
        json!("true"),
        "STRING_VALUE can not be converted to a Boolean",
    );

    let body = br#"{"jobId":"x","nonce":3}"#;
    let error = protocol::decode_request(&O::AcknowledgeJob, body).unwrap_err();
    assert_eq!(*error.code(), ErrorCode::Serialization);
    let encoded = protocol::encode_error(&error);
    assert_eq!(
        encoded.body,
        br#"{"__type":"SerializationException","Message":"NUMBER_VALUE can not be converted to a String"}"#
    );
}
