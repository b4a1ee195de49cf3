//! `PutJobSuccessResult` and `PutThirdPartyJobSuccessResult`: a worker says that a job went well.

use std::collections::BTreeMap;

use crate::operations::declared_errors;
use crate::schema::structure;
use crate::shapes::{
    ClientToken, ContinuationToken, CurrentRevision, ExecutionDetails, JobId, OutputVariableKey,
    ThirdPartyJobId,
};

structure! {
    /// Says that a job went well. The answer is [`Void`](super::Void).
    pub struct PutJobSuccessResultRequest {
        /// The job.
        required job_id: JobId = "jobId",
        /// The revision that it made.
        optional current_revision: CurrentRevision = "currentRevision",
        /// What the action's next job is to be given.
        optional continuation_token: ContinuationToken = "continuationToken",
        /// How the work went, or how far it is.
        optional execution_details: ExecutionDetails = "executionDetails",
        /// Variables for later actions of the pipeline.
        optional output_variables: BTreeMap<OutputVariableKey, String> = "outputVariables",
    }
}

declared_errors! {
    /// The errors that `PutJobSuccessResult` declares.
    pub enum PutJobSuccessResultError {
        /// The job is not in progress.
        InvalidJobState,
        /// There is no such job.
        JobNotFound,
        /// The output variables are too big; see
        /// [`PutJobSuccessResultRequest::LARGEST_OUTPUT_VARIABLES`].
        OutputVariablesSizeExceeded,
        /// The request does not meet its constraints.
        Validation,
    }
}

impl PutJobSuccessResultRequest {
    /// How big all output variables of an action may be together, in bytes of their keys and
    /// values as UTF-8.
    pub const LARGEST_OUTPUT_VARIABLES: usize = 122_880;

    /// Checks what the operation itself asks of output variables, after the constraints of single
    /// members: their size in all, and that they do not come with a continuation token.
    ///
    /// Decoding does not do this, since the service looks at the caller's rights in between.
    ///
    /// # Errors
    ///
    /// [`PutJobSuccessResultError::OutputVariablesSizeExceeded`], or
    /// [`PutJobSuccessResultError::Validation`] for variables beside a token. The messages are
    /// ours; the service's are not known.
    pub fn check_output_variables(&self) -> Result<(), PutJobSuccessResultError> {
        let Some(variables) = self.output_variables.as_ref().filter(|v| !v.is_empty()) else {
            return Ok(());
        };
        if self.continuation_token.is_some() {
            return Err(PutJobSuccessResultError::Validation(
                "Output variables cannot be specified together with a continuation token".into(),
            ));
        }
        let entries = variables.iter();
        let size: usize = entries.map(|(k, v)| k.as_str().len() + v.len()).sum();
        let most = Self::LARGEST_OUTPUT_VARIABLES;
        if size > most {
            return Err(PutJobSuccessResultError::OutputVariablesSizeExceeded(
                format!("Output variables have {size} bytes, at most {most} are allowed"),
            ));
        }
        Ok(())
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn request(value_length: usize, token: Option<&str>) -> PutJobSuccessResultRequest {
        let key = OutputVariableKey::new("key").unwrap();
        PutJobSuccessResultRequest {
            job_id: "0f1e2d3c-4b5a-4968-8776-655443322110".parse().unwrap(),
            current_revision: None,
            continuation_token: token.map(|token| token.parse().unwrap()),
            execution_details: None,
            output_variables: Some(BTreeMap::from([(key, "v".repeat(value_length))])),
        }
    }

    #[test]
    fn output_variables_have_a_size_in_all() {
        let most = PutJobSuccessResultRequest::LARGEST_OUTPUT_VARIABLES;
        assert_eq!(request(most - 3, None).check_output_variables(), Ok(()));
        assert!(matches!(
            request(most - 2, None).check_output_variables(),
            Err(PutJobSuccessResultError::OutputVariablesSizeExceeded(_))
        ));
    }

    #[test]
    fn output_variables_do_not_go_with_a_token() {
        assert!(matches!(
            request(1, Some("t")).check_output_variables(),
            Err(PutJobSuccessResultError::Validation(_))
        ));
        let mut empty = request(1, Some("t"));
        empty.output_variables = Some(BTreeMap::new());
        assert_eq!(empty.check_output_variables(), Ok(()));
    }
}
