//! Jobs, as polls hand them out and details describe them, and their status.

use super::{
    AccountId, ActionConfiguration, ActionTypeId, Artifact, ArtifactCredentials, ClientId,
    ContinuationToken, EncryptionKey, JobId, Nonce, PipelineContext, ThirdPartyJobId,
};
use crate::schema::{enumeration, number, structure};

structure! {
    /// A custom action's job, as `PollForJobs` hands it out.
    #[derive(Default)]
    pub struct Job {
        /// What names it in every later call.
        optional id: JobId = "id",
        /// What to do.
        optional data: JobData = "data",
        /// Which hand-out this is; `AcknowledgeJob` gives it back.
        optional nonce: Nonce = "nonce",
        /// The account whose pipeline it is.
        optional account_id: AccountId = "accountId",
    }

    /// What a worker needs to do its job.
    ///
    /// The model's `JobData`, and also its `ThirdPartyJobData`, which is the same member for member.
    #[derive(Default)]
    pub struct JobData {
        /// The action's type.
        optional action_type_id: ActionTypeId = "actionTypeId",
        /// How the action is configured, secrets in clear.
        optional action_configuration: ActionConfiguration = "actionConfiguration",
        /// Where in a pipeline it is.
        optional pipeline_context: PipelineContext = "pipelineContext",
        /// What it works on; empty for source actions.
        listed input_artifacts: Artifact = "inputArtifacts",
        /// Where its results go.
        listed output_artifacts: Artifact = "outputArtifacts",
        /// Keys to the artifacts' bucket.
        optional artifact_credentials: ArtifactCredentials = "artifactCredentials",
        /// What an earlier job of the action handed on.
        optional continuation_token: ContinuationToken = "continuationToken",
        /// The key that artifacts are encrypted with, if it is not S3's own.
        optional encryption_key: EncryptionKey = "encryptionKey",
    }

    /// A custom action's job, as `GetJobDetails` describes it.
    #[derive(Default)]
    pub struct JobDetails {
        /// What names it.
        optional id: JobId = "id",
        /// What to do.
        optional data: JobData = "data",
        /// The account whose pipeline it is.
        optional account_id: AccountId = "accountId",
    }

    /// A third-party action's job, as `PollForThirdPartyJobs` hands it out: no data and no nonce
    /// before the worker has shown its client token.
    #[derive(Default)]
    pub struct ThirdPartyJob {
        /// Whose client token the later calls need.
        optional client_id: ClientId = "clientId",
        /// What names the job in every later call.
        ///
        /// The model declares the narrower form of a custom job's id here.
        optional job_id: JobId = "jobId",
    }

    /// A third-party action's job, as `GetThirdPartyJobDetails` describes it.
    #[derive(Default)]
    pub struct ThirdPartyJobDetails {
        /// What names it.
        optional id: ThirdPartyJobId = "id",
        /// What to do.
        optional data: JobData = "data",
        /// Which hand-out this is; `AcknowledgeThirdPartyJob` gives it back.
        optional nonce: Nonce = "nonce",
    }
}

enumeration! {
    /// A job's status.
    ///
    /// After `AcknowledgeJob`, only [`JobStatus::InProgress`] means that the job is the caller's;
    /// at any other status the worker leaves it alone.
    pub enum JobStatus {
        /// Made, not yet to be had by a poll.
        Created = "Created",
        /// Waiting for a poll.
        Queued = "Queued",
        /// Handed out by a poll, not yet acknowledged.
        Dispatched = "Dispatched",
        /// Acknowledged: a worker is at it.
        InProgress = "InProgress",
        /// Not finished in time.
        TimedOut = "TimedOut",
        /// Finished well, as its worker reported.
        Succeeded = "Succeeded",
        /// Failed, as its worker reported.
        Failed = "Failed",
    }
}

impl JobStatus {
    /// Whether nothing can happen to the job any more: it succeeded, failed or timed out.
    ///
    /// ```
    /// use pipetape_core::shapes::JobStatus;
    ///
    /// assert!(JobStatus::TimedOut.is_end());
    /// assert!(!JobStatus::InProgress.is_end());
    /// ```
    pub fn is_end(&self) -> bool {
        matches!(
            self,
            JobStatus::Succeeded | JobStatus::Failed | JobStatus::TimedOut
        )
    }
}

number! {
    /// How many jobs a poll wants at most: 1 or more, without an upper bound.
    pub struct MaxBatchSize(Some(1), None);
}
