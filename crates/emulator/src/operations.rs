//! The service's operations as one trait, a method each.

use pipetape_core::Operation;
use pipetape_core::operations::*;
use pipetape_core::protocol::{Call, ErrorCode, Reply, ServiceError};

macro_rules! operations {
    ($( $method:ident: $name:ident($request:ident); )+) => {
        /// Every operation that core has types for. A method that is not written answers that the
        /// operation is not supported.
        pub(crate) trait Operations {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                fn $method(
                    &mut self,
                    request: $request,
                ) -> Result<<$request as Request>::Response, ServiceError> {
                    let _ = request;
                    Err(unsupported(&Operation::$name))
                }
            )+

            /// Answers a call with the method of its operation.
            fn answer(&mut self, call: Call) -> Result<Reply, ServiceError> {
                match call {
                    $( Call::$name(request) => self.$method(request).map(<$request>::reply), )+
                    Call::Untyped(call) => Err(unsupported(&call.operation)),
                }
            }
        }
    };
}

operations! {
    acknowledge_job: AcknowledgeJob(AcknowledgeJobRequest);
    acknowledge_third_party_job: AcknowledgeThirdPartyJob(AcknowledgeThirdPartyJobRequest);
    create_custom_action_type: CreateCustomActionType(CreateCustomActionTypeRequest);
    delete_custom_action_type: DeleteCustomActionType(DeleteCustomActionTypeRequest);
    get_action_type: GetActionType(GetActionTypeRequest);
    get_job_details: GetJobDetails(GetJobDetailsRequest);
    get_third_party_job_details: GetThirdPartyJobDetails(GetThirdPartyJobDetailsRequest);
    list_action_types: ListActionTypes(ListActionTypesRequest);
    poll_for_jobs: PollForJobs(PollForJobsRequest);
    poll_for_third_party_jobs: PollForThirdPartyJobs(PollForThirdPartyJobsRequest);
    put_action_revision: PutActionRevision(PutActionRevisionRequest);
    put_job_failure_result: PutJobFailureResult(PutJobFailureResultRequest);
    put_job_success_result: PutJobSuccessResult(PutJobSuccessResultRequest);
    put_third_party_job_failure_result:
        PutThirdPartyJobFailureResult(PutThirdPartyJobFailureResultRequest);
    put_third_party_job_success_result:
        PutThirdPartyJobSuccessResult(PutThirdPartyJobSuccessResultRequest);
}

/// The error for an operation that the service has and the emulator does not. No SDK retries it.
fn unsupported(operation: &Operation) -> ServiceError {
    ServiceError::new(
        ErrorCode::from_name("UnsupportedOperationException"),
        format!(
            "pipetape emulates the operations of job workers, and {operation} is not one of them: \
             record it from the service instead"
        ),
    )
}

#[cfg(test)]
mod tests {
    use pipetape_core::protocol::decode_request;

    use super::*;

    struct Nothing;

    impl Operations for Nothing {}

    #[test]
    fn what_is_not_written_is_not_supported() {
        for (operation, body) in [
            (
                Operation::GetJobDetails,
                r#"{"jobId":"0f1e2d3c-4b5a-4968-8776-655443322110"}"#,
            ),
            (Operation::GetPipeline, "{}"),
        ] {
            let call = decode_request(&operation, body.as_bytes()).unwrap();
            let error = Nothing.answer(call).unwrap_err();
            assert_eq!(error.code().name(), "UnsupportedOperationException");
            assert!(error.message().unwrap().contains(operation.name()));
        }
    }
}
