//! `PollForJobs` and `PollForThirdPartyJobs`: a worker asks for jobs of an action type.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{ActionTypeId, Job, MaxBatchSize, QueryParam, ThirdPartyJob};

structure! {
    /// Asks for jobs.
    pub struct PollForJobsRequest {
        /// The action type whose jobs are wanted. Owner `AWS` is refused.
        required action_type_id: ActionTypeId = "actionTypeId",
        /// How many at most.
        optional max_batch_size: MaxBatchSize = "maxBatchSize",
        /// Only jobs whose queryable property has this value.
        optional query_param: QueryParam = "queryParam",
    }

    /// The jobs that were handed out. They are hidden from other polls for a while.
    #[derive(Default)]
    pub struct PollForJobsResponse {
        /// The jobs; often none.
        listed jobs: Job = "jobs",
    }
}

impl Response for PollForJobsResponse {}

declared_errors! {
    /// The errors that `PollForJobs` declares.
    pub enum PollForJobsError {
        /// There is no such action type.
        ActionTypeNotFound,
        /// The request does not meet its constraints.
        Validation,
    }
}

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
