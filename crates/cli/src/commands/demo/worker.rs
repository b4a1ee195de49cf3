//! A typical job worker: it polls, acknowledges, reads details, and reports a result, until no job
//! is left.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use pipetape_core::operations::{
    AcknowledgeJobRequest, GetJobDetailsRequest, PollForJobsRequest, PutJobFailureResultRequest,
    PutJobSuccessResultRequest, Request,
};
use pipetape_core::protocol::{DecodeResponseError, ErrorCode, decode_answer, encode_request};
use pipetape_core::shapes::{
    ActionCategory, ActionOwner, ActionTypeId, ExecutionDetails, FailureDetails, FailureType, Job,
    JobData, JobId, MaxBatchSize, Nonce, OutputVariableKey,
};

use super::client::Client;
use super::error::WorkError;

/// Where this worker can deploy to. Any other target makes a job fail.
const TARGETS: [&str; 2] = ["staging", "production"];

/// A worker at its endpoint.
#[derive(Debug)]
pub(super) struct Worker {
    client: Client,
    /// The bodies of the answers so far.
    answers: Vec<Bytes>,
    /// Of the previous job.
    last_nonce: Option<Nonce>,
}

impl Worker {
    /// A worker for the server at this address.
    pub(super) async fn connect(address: SocketAddr) -> Result<Self, WorkError> {
        Ok(Self {
            client: Client::connect(address).await?,
            answers: Vec::new(),
            last_nonce: None,
        })
    }

    /// Works until a poll finds no job.
    pub(super) async fn work(&mut self) -> Result<(), WorkError> {
        while let Some(job) = self.poll().await? {
            let id = job.id.ok_or(WorkError::Incomplete { member: "id" })?;
            let nonce = job.nonce.ok_or(WorkError::Incomplete { member: "nonce" })?;
            // A mistake that workers make: the nonce of another hand-out. It costs a call, nothing
            // else.
            if let Some(wrong) = self.last_nonce.replace(nonce.clone()) {
                self.acknowledge_wrongly(&id, wrong).await?;
            }
            self.acknowledge(&id, nonce).await?;
            let data = self.details(&id).await?;
            match target(&data)? {
                target if TARGETS.contains(&target) => self.succeed(id, target).await?,
                target => self.fail(id, target).await?,
            }
        }
        Ok(())
    }

    /// The bodies of all answers, in order.
    pub(super) fn into_answers(self) -> Vec<Bytes> {
        self.answers
    }

    async fn poll(&mut self) -> Result<Option<Job>, WorkError> {
        let request = PollForJobsRequest {
            action_type_id: ActionTypeId {
                category: ActionCategory::Deploy,
                owner: ActionOwner::Custom,
                provider: "Demo".parse()?,
                version: "1".parse()?,
            },
            max_batch_size: Some(MaxBatchSize::new(1)?),
            query_param: None,
        };
        Ok(self.ask(request).await?.jobs.into_iter().next())
    }

    async fn acknowledge_wrongly(&mut self, job: &JobId, nonce: Nonce) -> Result<(), WorkError> {
        let request = AcknowledgeJobRequest {
            job_id: job.clone(),
            nonce,
        };
        match self.ask(request).await {
            Err(WorkError::Refused { source, .. }) if *source.code() == ErrorCode::InvalidNonce => {
                Ok(())
            }
            Err(error) => Err(error),
            Ok(_) => Err(WorkError::WrongNonceTaken),
        }
    }

    async fn acknowledge(&mut self, job: &JobId, nonce: Nonce) -> Result<(), WorkError> {
        let request = AcknowledgeJobRequest {
            job_id: job.clone(),
            nonce,
        };
        self.ask(request).await.map(drop)
    }

    async fn details(&mut self, job: &JobId) -> Result<JobData, WorkError> {
        let request = GetJobDetailsRequest {
            job_id: job.clone(),
        };
        let details = self.ask(request).await?.job_details;
        let data = details.and_then(|details| details.data);
        data.ok_or(WorkError::Incomplete { member: "data" })
    }

    async fn succeed(&mut self, job_id: JobId, target: &str) -> Result<(), WorkError> {
        let url = OutputVariableKey::new("Url")?;
        let request = PutJobSuccessResultRequest {
            job_id,
            current_revision: None,
            continuation_token: None,
            execution_details: Some(ExecutionDetails {
                summary: Some(format!("deployed to {target}").parse()?),
                ..ExecutionDetails::default()
            }),
            output_variables: Some(BTreeMap::from([(url, format!("https://{target}.test"))])),
        };
        self.ask(request).await.map(drop)
    }

    async fn fail(&mut self, job_id: JobId, target: &str) -> Result<(), WorkError> {
        let request = PutJobFailureResultRequest {
            job_id,
            failure_details: FailureDetails {
                kind: FailureType::ConfigurationError,
                message: format!("there is no way to deploy to {target}").parse()?,
                external_execution_id: None,
            },
        };
        self.ask(request).await.map(drop)
    }

    async fn ask<R: Request>(&mut self, request: R) -> Result<R::Response, WorkError> {
        let operation = R::OPERATION;
        let request = Bytes::from(encode_request(&request.into()));
        let (status, body) = self.client.call(&operation, request).await?;
        let read = decode_answer::<R>(status, &body);
        self.answers.push(body);
        read.map_err(|error| match error {
            DecodeResponseError::Service(source) => WorkError::Refused { operation, source },
            source => WorkError::Answer { operation, source },
        })
    }
}

/// Where a job has to deploy to. Configuration values are treated as secrets; this one is not
/// secret.
fn target(data: &JobData) -> Result<&str, WorkError> {
    let configuration = data.action_configuration.as_ref();
    let properties = configuration.and_then(|configuration| configuration.configuration.as_ref());
    let mut properties = properties.into_iter().flatten();
    let target = properties.find(|(key, _)| key.as_str() == "Target");
    target
        .map(|(_, value)| value.expose())
        .ok_or(WorkError::Incomplete { member: "Target" })
}
