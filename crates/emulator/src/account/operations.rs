//! What each operation does to the account.

use pipetape_core::operations::*;
use pipetape_core::protocol::{ErrorCode, ServiceError};
use pipetape_core::schema::AtMost;
use pipetape_core::shapes::{
    ActionOwner, ActionTypeArtifactCount, ActionTypeArtifactDetails, ActionTypeDeclaration,
    ActionTypeExecutor, ActionTypeId, ActionTypeIdentifier, ExecutorConfiguration, ExecutorType,
    Job, JobDetails, JobStatus, JobTimeout, JobWorkerExecutorConfiguration, MaxBatchSize,
    ThirdPartyJob, ThirdPartyJobDetails,
};

use super::action_types::{check_query, not_available, pollable};
use super::job;
use super::state::Account;
use crate::lifecycle::Event;
use crate::operations::Operations;

impl Operations for Account {
    fn acknowledge_job(
        &mut self,
        request: AcknowledgeJobRequest,
    ) -> Result<AcknowledgeJobResponse, ServiceError> {
        let job = self.custom_job(request.job_id.as_str())?;
        self.apply(job, &Event::Acknowledge(request.nonce))?;
        let status = JobStatus::InProgress;
        Ok(AcknowledgeJobResponse { status })
    }

    fn acknowledge_third_party_job(
        &mut self,
        request: AcknowledgeThirdPartyJobRequest,
    ) -> Result<AcknowledgeThirdPartyJobResponse, ServiceError> {
        let job = self.third_party_job(request.job_id.as_str(), &request.client_token)?;
        self.apply(job, &Event::Acknowledge(request.nonce))?;
        let status = JobStatus::InProgress;
        Ok(AcknowledgeThirdPartyJobResponse { status })
    }

    fn create_custom_action_type(
        &mut self,
        request: CreateCustomActionTypeRequest,
    ) -> Result<CreateCustomActionTypeResponse, ServiceError> {
        self.action_types.create(request)
    }

    fn delete_custom_action_type(
        &mut self,
        request: DeleteCustomActionTypeRequest,
    ) -> Result<Void, ServiceError> {
        self.action_types.delete(&request)
    }

    /// Describes a third-party action type that there are jobs of. The request cannot carry the
    /// owner `Custom`, and the emulator knows no types of AWS's.
    fn get_action_type(
        &mut self,
        request: GetActionTypeRequest,
    ) -> Result<GetActionTypeResponse, ServiceError> {
        let owner = match request.owner.as_str() {
            "ThirdParty" => ActionOwner::ThirdParty,
            _ => ActionOwner::Aws,
        };
        let id = ActionTypeId {
            category: request.category.clone(),
            owner,
            provider: request.provider.clone(),
            version: request.version.clone(),
        };
        let jobs = self.jobs.all().filter(|job| job.action_type == id);
        let Some(job) = jobs.last() else {
            return Err(not_available(&id));
        };
        Ok(GetActionTypeResponse {
            action_type: Some(self.declaration(request, job)),
        })
    }

    fn get_job_details(
        &mut self,
        request: GetJobDetailsRequest,
    ) -> Result<GetJobDetailsResponse, ServiceError> {
        let number = self.custom_job(request.job_id.as_str())?;
        let details = self.jobs.get(number).map(|job| JobDetails {
            id: Some(job.id.clone()),
            data: Some(job.data.clone()),
            account_id: Some(job.account_id.clone()),
        });
        Ok(GetJobDetailsResponse {
            job_details: details,
        })
    }

    fn get_third_party_job_details(
        &mut self,
        request: GetThirdPartyJobDetailsRequest,
    ) -> Result<GetThirdPartyJobDetailsResponse, ServiceError> {
        if self.custom_job(request.job_id.as_str()).is_ok() {
            let text = self.guesses.texts.invalid_job.clone();
            return Err(ServiceError::new(ErrorCode::InvalidJob, text));
        }
        let number = self.third_party_job(request.job_id.as_str(), &request.client_token)?;
        let details = self.jobs.get(number).map(|job| ThirdPartyJobDetails {
            id: Some(job.id.clone().into()),
            data: Some(job.data.clone()),
            nonce: job.nonce.clone(),
        });
        Ok(GetThirdPartyJobDetailsResponse {
            job_details: details,
        })
    }

    fn list_action_types(
        &mut self,
        request: ListActionTypesRequest,
    ) -> Result<ListActionTypesResponse, ServiceError> {
        let region = self.made_up.region.as_str();
        let page = usize::try_from(self.guesses.page.get()).unwrap_or(usize::MAX);
        self.action_types.list(&request, region, page)
    }

    fn poll_for_jobs(
        &mut self,
        request: PollForJobsRequest,
    ) -> Result<PollForJobsResponse, ServiceError> {
        let id = &request.action_type_id;
        let query = request.query_param.as_ref();
        let (types, jobs) = (&self.action_types, &self.jobs);
        if !pollable(id, &ActionOwner::Custom, types, jobs)? {
            return Ok(PollForJobsResponse::default());
        }
        check_query(query, id, types, &self.guesses.texts)?;
        let most = self.batch(request.max_batch_size);
        let jobs = self.jobs.hand_out(id, query, most).into_iter();
        let jobs = jobs
            .filter_map(|number| self.jobs.get(number))
            .map(|job| Job {
                id: Some(job.id.clone()),
                data: Some(job.data.clone()),
                nonce: job.nonce.clone(),
                account_id: Some(job.account_id.clone()),
            });
        Ok(PollForJobsResponse {
            jobs: jobs.collect(),
        })
    }

    fn poll_for_third_party_jobs(
        &mut self,
        request: PollForThirdPartyJobsRequest,
    ) -> Result<PollForThirdPartyJobsResponse, ServiceError> {
        let id = &request.action_type_id;
        let (types, jobs) = (&self.action_types, &self.jobs);
        if !pollable(id, &ActionOwner::ThirdParty, types, jobs)? {
            return Ok(PollForThirdPartyJobsResponse::default());
        }
        let most = self.batch(request.max_batch_size);
        let jobs = self.jobs.hand_out(id, None, most).into_iter();
        let jobs = jobs
            .filter_map(|number| self.jobs.get(number))
            .map(|job| ThirdPartyJob {
                client_id: job.client.as_ref().map(|client| client.id.clone()),
                job_id: Some(job.id.clone()),
            });
        Ok(PollForThirdPartyJobsResponse {
            jobs: jobs.collect(),
        })
    }

    fn put_action_revision(
        &mut self,
        request: PutActionRevisionRequest,
    ) -> Result<PutActionRevisionResponse, ServiceError> {
        self.revisions.put(request, &self.jobs, self.made_up.seed)
    }

    fn put_job_failure_result(
        &mut self,
        request: PutJobFailureResultRequest,
    ) -> Result<Void, ServiceError> {
        let job = self.custom_job(request.job_id.as_str())?;
        self.end(job, &Event::Fail, None)?;
        Ok(Void)
    }

    fn put_job_success_result(
        &mut self,
        request: PutJobSuccessResultRequest,
    ) -> Result<Void, ServiceError> {
        request.check_output_variables()?;
        let job = self.custom_job(request.job_id.as_str())?;
        self.end(job, &Event::Succeed, request.continuation_token)?;
        Ok(Void)
    }

    fn put_third_party_job_failure_result(
        &mut self,
        request: PutThirdPartyJobFailureResultRequest,
    ) -> Result<Void, ServiceError> {
        let job = self.third_party_job(request.job_id.as_str(), &request.client_token)?;
        self.end(job, &Event::Fail, None)?;
        Ok(Void)
    }

    fn put_third_party_job_success_result(
        &mut self,
        request: PutThirdPartyJobSuccessResultRequest,
    ) -> Result<Void, ServiceError> {
        let job = self.third_party_job(request.job_id.as_str(), &request.client_token)?;
        self.end(job, &Event::Succeed, request.continuation_token)?;
        Ok(Void)
    }
}

impl Account {
    /// How many jobs a poll gets at most.
    fn batch(&self, asked: Option<MaxBatchSize>) -> usize {
        let most = asked.and_then(|most| u32::try_from(most.value()).ok());
        let most = most.unwrap_or(self.guesses.default_batch.get());
        let most = most.min(self.guesses.largest_batch.get());
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    /// An action type as one of its jobs shows it.
    fn declaration(&self, request: GetActionTypeRequest, job: &job::Job) -> ActionTypeDeclaration {
        let timeout = job
            .timeout
            .and_then(|timeout| i32::try_from(timeout.as_secs()).ok());
        let accounts = AtMost::new(vec![job.account_id.clone()]);
        let configuration = ExecutorConfiguration {
            lambda: None,
            job_worker: Some(JobWorkerExecutorConfiguration {
                polling_accounts: accounts.ok(),
                polling_service_principals: None,
            }),
        };
        ActionTypeDeclaration {
            description: None,
            executor: ActionTypeExecutor {
                configuration,
                kind: ExecutorType::JobWorker,
                policy_statements_template: None,
                job_timeout: timeout.and_then(|seconds| JobTimeout::new(seconds).ok()),
            },
            id: ActionTypeIdentifier {
                category: request.category,
                owner: request.owner,
                provider: request.provider,
                version: request.version,
            },
            input_artifact_details: details(job.data.input_artifacts.len()),
            output_artifact_details: details(job.data.output_artifacts.len()),
            permissions: None,
            properties: None,
            urls: None,
        }
    }
}

/// As many artifacts as a job has, up to the model's 10.
fn details(count: usize) -> ActionTypeArtifactDetails {
    let count = i32::try_from(count.min(10)).unwrap_or(10);
    #[expect(clippy::expect_used, reason = "0 to 10 are allowed")]
    let count = ActionTypeArtifactCount::new(count).expect("a number up to 10");
    ActionTypeArtifactDetails {
        minimum_count: count,
        maximum_count: count,
    }
}
