//! `GetJobDetails`: what a custom action's job is about.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{JobDetails, JobId};

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
