//! The typed operations: request, response, declared errors. Third-party jobs have operations of their own,
//! each in the file of its twin.
//!
//! All ten calls of job workers are here, and the calls about action types and revisions that
//! their programs and set-up scripts also make. Every declared error has HTTP status 400.

mod acknowledge_job;
mod action_types;
mod contract;
mod get_job_details;
mod poll_for_jobs;
mod put_action_revision;
mod put_job_failure_result;
mod put_job_success_result;

pub use acknowledge_job::{
    AcknowledgeJobError, AcknowledgeJobRequest, AcknowledgeJobResponse,
    AcknowledgeThirdPartyJobError, AcknowledgeThirdPartyJobRequest,
    AcknowledgeThirdPartyJobResponse,
};
pub use action_types::{
    CreateCustomActionTypeError, CreateCustomActionTypeRequest, CreateCustomActionTypeResponse,
    DeleteCustomActionTypeError, DeleteCustomActionTypeRequest, GetActionTypeError,
    GetActionTypeRequest, GetActionTypeResponse, ListActionTypesError, ListActionTypesRequest,
    ListActionTypesResponse,
};
pub use contract::{Request, Response, Void};
pub use get_job_details::{
    GetJobDetailsError, GetJobDetailsRequest, GetJobDetailsResponse, GetThirdPartyJobDetailsError,
    GetThirdPartyJobDetailsRequest, GetThirdPartyJobDetailsResponse,
};
pub use poll_for_jobs::{
    PollForJobsError, PollForJobsRequest, PollForJobsResponse, PollForThirdPartyJobsError,
    PollForThirdPartyJobsRequest, PollForThirdPartyJobsResponse,
};
pub use put_action_revision::{
    PutActionRevisionError, PutActionRevisionRequest, PutActionRevisionResponse,
};
pub use put_job_failure_result::{
    PutJobFailureResultError, PutJobFailureResultRequest, PutThirdPartyJobFailureResultError,
    PutThirdPartyJobFailureResultRequest,
};
pub use put_job_success_result::{
    PutJobSuccessResultError, PutJobSuccessResultRequest, PutThirdPartyJobSuccessResultError,
    PutThirdPartyJobSuccessResultRequest,
};

pub(crate) use contract::declared_errors;
