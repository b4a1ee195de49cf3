//! `PutThirdPartyJobSuccessResult`: a worker says that a third-party action's job went well.

use crate::operations::declared_errors;
use crate::schema::structure;
use crate::shapes::{
    ClientToken, ContinuationToken, CurrentRevision, ExecutionDetails, ThirdPartyJobId,
};

structure! {
    /// Says that a third-party job went well. The answer is [`Void`](super::Void).
    pub struct PutThirdPartyJobSuccessResultRequest {
        /// The job.
        required job_id: ThirdPartyJobId = "jobId",
        /// The caller's right to the job.
        required client_token: ClientToken = "clientToken",
        /// The revision that it made.
        optional current_revision: CurrentRevision = "currentRevision",
        /// What the action's next job is to be given.
        optional continuation_token: ContinuationToken = "continuationToken",
        /// How the work went, or how far it is.
        optional execution_details: ExecutionDetails = "executionDetails",
    }
}

declared_errors! {
    /// The errors that `PutThirdPartyJobSuccessResult` declares.
    pub enum PutThirdPartyJobSuccessResultError {
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
