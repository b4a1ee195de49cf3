//! The SDK's types with the API's own member names.

use aws_sdk_codepipeline::types::{
    ActionConfiguration, ActionTypeId, Artifact, AwsSessionCredentials, EncryptionKey, Job,
    JobData, JobDetails, JobStatus, PipelineContext, ThirdPartyJob, ThirdPartyJobData,
    ThirdPartyJobDetails,
};
use serde_json::{Value, json};

/// Leaves out what is not set.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        value => value,
    }
}

pub(crate) fn list<T>(items: &[T], shown: fn(&T) -> Value) -> Vec<Value> {
    items.iter().map(shown).collect()
}

pub(crate) fn status(status: Option<&JobStatus>) -> Value {
    json!({ "status": status.map(JobStatus::as_str) })
}

pub(crate) fn job(job: &Job) -> Value {
    json!({
        "id": job.id(),
        "data": job.data().map(job_data),
        "nonce": job.nonce(),
        "accountId": job.account_id(),
    })
}

pub(crate) fn job_details(details: &JobDetails) -> Value {
    json!({
        "id": details.id(),
        "data": details.data().map(job_data),
        "accountId": details.account_id(),
    })
}

pub(crate) fn third_party_job(job: &ThirdPartyJob) -> Value {
    json!({ "clientId": job.client_id(), "jobId": job.job_id() })
}

pub(crate) fn third_party_job_details(details: &ThirdPartyJobDetails) -> Value {
    json!({
        "id": details.id(),
        "data": details.data().map(third_party_job_data),
        "nonce": details.nonce(),
    })
}

fn job_data(data: &JobData) -> Value {
    json!({
        "actionTypeId": data.action_type_id().map(action_type),
        "actionConfiguration": data.action_configuration().map(configuration),
        "pipelineContext": data.pipeline_context().map(pipeline_context),
        "inputArtifacts": list(data.input_artifacts(), artifact),
        "outputArtifacts": list(data.output_artifacts(), artifact),
        "artifactCredentials": data.artifact_credentials().map(credentials),
        "continuationToken": data.continuation_token(),
        "encryptionKey": data.encryption_key().map(encryption_key),
    })
}

fn third_party_job_data(data: &ThirdPartyJobData) -> Value {
    json!({
        "actionTypeId": data.action_type_id().map(action_type),
        "actionConfiguration": data.action_configuration().map(configuration),
        "pipelineContext": data.pipeline_context().map(pipeline_context),
        "inputArtifacts": list(data.input_artifacts(), artifact),
        "outputArtifacts": list(data.output_artifacts(), artifact),
        "artifactCredentials": data.artifact_credentials().map(credentials),
        "continuationToken": data.continuation_token(),
        "encryptionKey": data.encryption_key().map(encryption_key),
    })
}

fn action_type(id: &ActionTypeId) -> Value {
    json!({
        "category": id.category().as_str(),
        "owner": id.owner().as_str(),
        "provider": id.provider(),
        "version": id.version(),
    })
}

fn configuration(configuration: &ActionConfiguration) -> Value {
    json!({ "configuration": configuration.configuration() })
}

fn pipeline_context(context: &PipelineContext) -> Value {
    let stage = context.stage().map(|stage| json!({ "name": stage.name() }));
    let action = context.action().map(|action| {
        json!({ "name": action.name(), "actionExecutionId": action.action_execution_id() })
    });
    json!({
        "pipelineName": context.pipeline_name(),
        "stage": stage,
        "action": action,
        "pipelineArn": context.pipeline_arn(),
        "pipelineExecutionId": context.pipeline_execution_id(),
    })
}

fn artifact(artifact: &Artifact) -> Value {
    let location = artifact.location().map(|location| {
        let s3 = location
            .s3_location()
            .map(|s3| json!({ "bucketName": s3.bucket_name(), "objectKey": s3.object_key() }));
        json!({ "type": location.r#type().map(|kind| kind.as_str()), "s3Location": s3 })
    });
    json!({ "name": artifact.name(), "revision": artifact.revision(), "location": location })
}

fn credentials(credentials: &AwsSessionCredentials) -> Value {
    json!({
        "accessKeyId": credentials.access_key_id(),
        "secretAccessKey": credentials.secret_access_key(),
        "sessionToken": credentials.session_token(),
    })
}

fn encryption_key(key: &EncryptionKey) -> Value {
    json!({ "id": key.id(), "type": key.r#type().as_str() })
}
