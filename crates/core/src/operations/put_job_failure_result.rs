//! `PutJobFailureResult` and `PutThirdPartyJobFailureResult`: a worker says that a job failed.

use crate::operations::declared_errors;
use crate::schema::structure;
use crate::shapes::{ClientToken, FailureDetails, JobId, ThirdPartyJobId};

structure! {
    /// Says that a job failed. The answer is [`Void`](super::Void).
    pub struct PutJobFailureResultRequest {
        /// The job.
        required job_id: JobId = "jobId",
        /// Why it failed.
        required failure_details: FailureDetails = "failureDetails",
    }
}

declared_errors! {
    /// The errors that `PutJobFailureResult` declares.
    pub enum PutJobFailureResultError {
        /// The job is not in progress.
        InvalidJobState,
        /// There is no such job.
        JobNotFound,
        /// The request does not meet its constraints.
        Validation,
    }
}

structure! {
    /// Says that a third-party job failed. The answer is [`Void`](super::Void).
    pub struct PutThirdPartyJobFailureResultRequest {
        /// The job.
        required job_id: ThirdPartyJobId = "jobId",
        /// The caller's right to the job.
        required client_token: ClientToken = "clientToken",
        /// Why it failed.
        required failure_details: FailureDetails = "failureDetails",
    }
}

declared_errors! {
    /// The errors that `PutThirdPartyJobFailureResult` declares.
    pub enum PutThirdPartyJobFailureResultError {
        /// The client token is not the one that goes with the job's client.
        InvalidClientToken,
        /// The job is not in progress.
        InvalidJobState,
        /// There is no such job.
        JobNotFound,
        /// The request does not meet its constraints.
        Validation,
    }
}
