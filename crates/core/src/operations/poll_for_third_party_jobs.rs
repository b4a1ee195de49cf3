//! `PollForThirdPartyJobs`: a worker asks for jobs of a third-party action type.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{ActionTypeId, MaxBatchSize, ThirdPartyJob};

structure! {
    /// Asks for third-party jobs.
    pub struct PollForThirdPartyJobsRequest {
        /// The action type whose jobs are wanted.
        required action_type_id: ActionTypeId = "actionTypeId",
        /// How many at most.
        optional max_batch_size: MaxBatchSize = "maxBatchSize",
    }

    /// The jobs that were handed out, without their data.
    #[derive(Default)]
    pub struct PollForThirdPartyJobsResponse {
        /// The jobs; often none.
        listed jobs: ThirdPartyJob = "jobs",
    }
}

impl Response for PollForThirdPartyJobsResponse {}

declared_errors! {
    /// The errors that `PollForThirdPartyJobs` declares.
    pub enum PollForThirdPartyJobsError {
        /// There is no such action type.
        ActionTypeNotFound,
        /// The request does not meet its constraints.
        Validation,
    }
}
