//! `PutJobFailureResult`: a worker says that a custom action's job failed.

use crate::operations::declared_errors;
use crate::schema::structure;
use crate::shapes::{FailureDetails, JobId};

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
