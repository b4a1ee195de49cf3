//! `GetJobDetails` and `GetThirdPartyJobDetails`: what a job is about.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{ClientToken, JobDetails, JobId, ThirdPartyJobDetails, ThirdPartyJobId};

structure! {
    /// Asks what a job is about.
    pub struct GetJobDetailsRequest {
        /// The job.
        required job_id: JobId = "jobId",
    }

    /// What the job is about, secrets in clear.
    #[derive(Default)]
    pub struct GetJobDetailsResponse {
        /// The details.
        optional job_details: JobDetails = "jobDetails",
    }
}

impl Response for GetJobDetailsResponse {}

declared_errors! {
    /// The errors that `GetJobDetails` declares.
    pub enum GetJobDetailsError {
        /// There is no such job.
        JobNotFound,
        /// The request does not meet its constraints.
        Validation,
    }
}

structure! {
    /// Asks what a third-party job is about.
    pub struct GetThirdPartyJobDetailsRequest {
        /// The job.
        required job_id: ThirdPartyJobId = "jobId",
        /// The caller's right to the job.
        required client_token: ClientToken = "clientToken",
    }

    /// What the job is about, secrets in clear.
    #[derive(Default)]
    pub struct GetThirdPartyJobDetailsResponse {
        /// The details.
        optional job_details: ThirdPartyJobDetails = "jobDetails",
    }
}

impl Response for GetThirdPartyJobDetailsResponse {}

declared_errors! {
    /// The errors that `GetThirdPartyJobDetails` declares.
    pub enum GetThirdPartyJobDetailsError {
        /// The client token is not the one that goes with the job's client.
        InvalidClientToken,
        /// The job is not one of this kind.
        InvalidJob,
        /// There is no such job.
        JobNotFound,
        /// The request does not meet its constraints.
        Validation,
    }
}
