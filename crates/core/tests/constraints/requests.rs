//! One request of each typed operation with every member it can have, and what becomes of it when a
//! member is changed.

use pipetape_core::Operation;
use pipetape_core::protocol::{self, ErrorCode};
use serde_json::{Value, json};

pub(crate) const JOB: &str = "0f1e2d3c-4b5a-4968-8776-655443322110";

/// A request of each operation with every member it can have.
pub(crate) fn whole(operation: &Operation) -> Value {
    let action_type =
        json!({"category": "Build", "owner": "Custom", "provider": "P", "version": "1"});
    let revision = json!({
        "revision": "r", "changeIdentifier": "c", "created": 1.5, "revisionSummary": "s",
    });
    let execution = json!({"summary": "s", "externalExecutionId": "e", "percentComplete": 50});
    let failure = json!({"type": "JobFailed", "message": "m", "externalExecutionId": "e"});
    let artifacts = json!({"minimumCount": 0, "maximumCount": 1});
    match operation {
        Operation::PollForJobs => json!({
            "actionTypeId": action_type, "maxBatchSize": 2, "queryParam": {"k": "v"},
        }),
        Operation::AcknowledgeJob => json!({"jobId": JOB, "nonce": "3"}),
        Operation::GetJobDetails => json!({"jobId": JOB}),
        Operation::PutJobSuccessResult => json!({
            "jobId": JOB, "currentRevision": revision, "continuationToken": "t",
            "executionDetails": execution, "outputVariables": {"k": "v"},
        }),
        Operation::PutJobFailureResult => json!({"jobId": JOB, "failureDetails": failure}),
        Operation::PollForThirdPartyJobs => {
            json!({"actionTypeId": action_type, "maxBatchSize": 2})
        }
        Operation::AcknowledgeThirdPartyJob => {
            json!({"jobId": "j", "nonce": "3", "clientToken": "t"})
        }
        Operation::GetThirdPartyJobDetails => json!({"jobId": "j", "clientToken": "t"}),
        Operation::PutThirdPartyJobSuccessResult => json!({
            "jobId": "j", "clientToken": "t", "currentRevision": revision,
            "continuationToken": "t", "executionDetails": execution,
        }),
        Operation::PutThirdPartyJobFailureResult => {
            json!({"jobId": "j", "clientToken": "t", "failureDetails": failure})
        }
        Operation::PutActionRevision => json!({
            "pipelineName": "p", "stageName": "s", "actionName": "a",
            "actionRevision": {"revisionId": "r", "revisionChangeId": "c", "created": 1},
        }),
        Operation::ListActionTypes => json!({
            "actionOwnerFilter": "Custom", "nextToken": "t", "regionFilter": "us-east-1",
        }),
        Operation::GetActionType => {
            json!({"category": "Build", "owner": "AWS", "provider": "P", "version": "1"})
        }
        Operation::CreateCustomActionType => json!({
            "category": "Build", "provider": "P", "version": "1",
            "settings": {
                "thirdPartyConfigurationUrl": "u", "entityUrlTemplate": "u",
                "executionUrlTemplate": "u", "revisionUrlTemplate": "u",
            },
            "configurationProperties": [{
                "name": "n", "required": true, "key": false, "secret": false, "queryable": true,
                "description": "d", "type": "String",
            }],
            "inputArtifactDetails": artifacts, "outputArtifactDetails": artifacts,
            "tags": [{"key": "k", "value": "v"}],
        }),
        Operation::DeleteCustomActionType => {
            json!({"category": "Build", "provider": "P", "version": "1"})
        }
        other => panic!("{other} has no type"),
    }
}

pub(crate) fn typed() -> impl Iterator<Item = &'static Operation> {
    use Operation as O;
    [
        O::PollForJobs,
        O::AcknowledgeJob,
        O::GetJobDetails,
        O::PutJobSuccessResult,
        O::PutJobFailureResult,
        O::PollForThirdPartyJobs,
        O::AcknowledgeThirdPartyJob,
        O::GetThirdPartyJobDetails,
        O::PutThirdPartyJobSuccessResult,
        O::PutThirdPartyJobFailureResult,
        O::PutActionRevision,
        O::ListActionTypes,
        O::GetActionType,
        O::CreateCustomActionType,
        O::DeleteCustomActionType,
    ]
    .iter()
    .map(|wanted| Operation::ALL.iter().find(|o| *o == wanted).unwrap())
}

/// The service's complaint about a whole request in which one member is replaced; `null` stands for
/// taking it out. Empty where there is none.
pub(crate) fn complaint(operation: &Operation, pointer: &str, value: Value) -> String {
    let mut body = whole(operation);
    *body.pointer_mut(pointer).unwrap() = value;
    match protocol::decode_request(operation, body.to_string().as_bytes()) {
        Ok(_) => String::new(),
        Err(error) => {
            let expected = match error.message() {
                Some(text) if text.contains("validation error") => ErrorCode::Validation,
                _ => ErrorCode::Serialization,
            };
            assert_eq!(*error.code(), expected);
            error.message().unwrap().to_owned()
        }
    }
}

/// `/tags/0/key` as the service writes it: `tags.1.member.key`.
pub(crate) fn path(pointer: &str) -> String {
    let steps = pointer
        .split('/')
        .skip(1)
        .map(|step| match step.parse::<usize>() {
            Ok(at) => format!("{}.member", at + 1),
            Err(_) => step.to_owned(),
        });
    steps.collect::<Vec<_>>().join(".")
}

pub(crate) fn violation(pointer: &str, text: &str) -> String {
    let path = path(pointer);
    format!("1 validation error detected: Value at '{path}' failed to satisfy constraint: {text}")
}

/// Every operation whose request has a member at `pointer`.
pub(crate) fn operations_with(pointer: &str) -> Vec<&'static Operation> {
    let found: Vec<_> = typed()
        .filter(|o| whole(o).pointer(pointer).is_some())
        .collect();
    assert!(!found.is_empty(), "{pointer}");
    found
}
