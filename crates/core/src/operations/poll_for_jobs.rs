//! `PollForJobs`: a worker asks for jobs of a custom action type.
//!
//! The service answers at once, with an empty list where there is nothing to do.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{ActionTypeId, Job, MaxBatchSize, QueryParam};

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
