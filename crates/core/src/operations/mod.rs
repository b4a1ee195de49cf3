//! The typed operations, one a file: request, response, declared errors.
//!
//! All ten calls of job workers are here, and the calls about action types and revisions that
//! their programs and set-up scripts also make. Every declared error has HTTP status 400.

mod acknowledge_job;
mod acknowledge_third_party_job;
mod contract;
mod create_custom_action_type;
mod delete_custom_action_type;
mod get_action_type;
mod get_job_details;
mod get_third_party_job_details;
mod list_action_types;
mod poll_for_jobs;
mod poll_for_third_party_jobs;
mod put_action_revision;
mod put_job_failure_result;
mod put_job_success_result;
mod put_third_party_job_failure_result;
mod put_third_party_job_success_result;

pub use acknowledge_job::{AcknowledgeJobError, AcknowledgeJobRequest, AcknowledgeJobResponse};
pub use acknowledge_third_party_job::{
    AcknowledgeThirdPartyJobError, AcknowledgeThirdPartyJobRequest,
    AcknowledgeThirdPartyJobResponse,
};
pub use contract::{Request, Response, Void};
pub use create_custom_action_type::{
    CreateCustomActionTypeError, CreateCustomActionTypeRequest, CreateCustomActionTypeResponse,
};
pub use delete_custom_action_type::{DeleteCustomActionTypeError, DeleteCustomActionTypeRequest};
pub use get_action_type::{GetActionTypeError, GetActionTypeRequest, GetActionTypeResponse};
pub use get_job_details::{GetJobDetailsError, GetJobDetailsRequest, GetJobDetailsResponse};
pub use get_third_party_job_details::{
    GetThirdPartyJobDetailsError, GetThirdPartyJobDetailsRequest, GetThirdPartyJobDetailsResponse,
};
pub use list_action_types::{
    ListActionTypesError, ListActionTypesRequest, ListActionTypesResponse,
};
pub use poll_for_jobs::{PollForJobsError, PollForJobsRequest, PollForJobsResponse};
pub use poll_for_third_party_jobs::{
    PollForThirdPartyJobsError, PollForThirdPartyJobsRequest, PollForThirdPartyJobsResponse,
};
pub use put_action_revision::{
    PutActionRevisionError, PutActionRevisionRequest, PutActionRevisionResponse,
};
pub use put_job_failure_result::{PutJobFailureResultError, PutJobFailureResultRequest};
pub use put_job_success_result::{PutJobSuccessResultError, PutJobSuccessResultRequest};
pub use put_third_party_job_failure_result::{
    PutThirdPartyJobFailureResultError, PutThirdPartyJobFailureResultRequest,
};
pub use put_third_party_job_success_result::{
    PutThirdPartyJobSuccessResultError, PutThirdPartyJobSuccessResultRequest,
};

pub(crate) use contract::declared_errors;
