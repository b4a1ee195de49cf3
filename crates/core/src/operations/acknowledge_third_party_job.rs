//! `AcknowledgeThirdPartyJob`: a third-party worker says that it has received a job.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{ClientToken, JobStatus, Nonce, ThirdPartyJobId};

structure! {
    /// Says that a third-party job was received.
    pub struct AcknowledgeThirdPartyJobRequest {
        /// The job, by the id that the poll gave.
        required job_id: ThirdPartyJobId = "jobId",
        /// The nonce that the job's details gave.
        required nonce: Nonce = "nonce",
        /// The caller's right to the job.
        required client_token: ClientToken = "clientToken",
    }

    /// Whether the job is the caller's now.
    pub struct AcknowledgeThirdPartyJobResponse {
        /// Where the job stands. Only [`JobStatus::InProgress`] gives it to the caller.
        ///
        /// The model lets it be absent; an answer without it gives nobody the job, so reading one
        /// is an error.
        required status: JobStatus = "status",
    }
}

impl Response for AcknowledgeThirdPartyJobResponse {}

declared_errors! {
    /// The errors that `AcknowledgeThirdPartyJob` declares.
    pub enum AcknowledgeThirdPartyJobError {
        /// The client token is not the one that goes with the job's client.
        InvalidClientToken,
        /// The nonce is not, or no longer, the job's.
        InvalidNonce,
        /// There is no such job.
        JobNotFound,
        /// The request does not meet its constraints.
        Validation,
    }
}
