//! `AcknowledgeJob` and `AcknowledgeThirdPartyJob`: a worker says that it has received a job.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{ClientToken, JobId, JobStatus, Nonce, ThirdPartyJobId};

structure! {
    /// Says that a job was received.
    ///
    /// ```
    /// use pipetape_core::{operations::AcknowledgeJobRequest, protocol};
    ///
    /// let request = AcknowledgeJobRequest {
    ///     job_id: "0f1e2d3c-4b5a-4968-8776-655443322110".parse()?,
    ///     nonce: "3".parse()?,
    /// };
    /// assert_eq!(
    ///     protocol::encode_request(&request.into()),
    ///     br#"{"jobId":"0f1e2d3c-4b5a-4968-8776-655443322110","nonce":"3"}"#
    /// );
    /// # Ok::<(), pipetape_core::schema::InvalidText>(())
    /// ```
    pub struct AcknowledgeJobRequest {
        /// The job, by the id that the poll gave.
        required job_id: JobId = "jobId",
        /// The nonce that the same poll gave.
        required nonce: Nonce = "nonce",
    }

    /// Whether the job is the caller's now.
    pub struct AcknowledgeJobResponse {
        /// The job's status. Only [`JobStatus::InProgress`] gives it to the caller.
        ///
        /// The model lets it be absent; an answer without it gives nobody the job, so reading one
        /// is an error.
        required status: JobStatus = "status",
    }
}

impl Response for AcknowledgeJobResponse {}

declared_errors! {
    /// The errors that `AcknowledgeJob` declares.
    ///
    /// `InvalidJobStateException` is not among them: a job that was claimed already, even by the
    /// caller itself, answers [`AcknowledgeJobError::InvalidNonce`].
    pub enum AcknowledgeJobError {
        /// The nonce is not, or no longer, the job's.
        InvalidNonce,
        /// There is no such job.
        JobNotFound,
        /// The request does not meet its constraints.
        Validation,
    }
}

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
        /// The job's status. Only [`JobStatus::InProgress`] gives it to the caller.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;
    use crate::protocol::{self, Call, ErrorCode, Reply, ServiceError};

    const BODY: &[u8] = br#"{"jobId":"0f1e2d3c-4b5a-4968-8776-655443322110","nonce":"3"}"#;

    fn rejection(body: &str) -> ServiceError {
        protocol::decode_request(&Operation::AcknowledgeJob, body.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_request_is_read_and_written() {
        let call = protocol::decode_request(&Operation::AcknowledgeJob, BODY).unwrap();
        let Call::AcknowledgeJob(request) = &call else {
            panic!("{call:?}");
        };
        assert_eq!(request.nonce.as_str(), "3");
        assert_eq!(protocol::encode_request(&call), BODY);
    }

    #[test]
    fn every_status_is_read_and_written() {
        assert_eq!(
            JobStatus::NAMES,
            [
                "Created",
                "Queued",
                "Dispatched",
                "InProgress",
                "TimedOut",
                "Succeeded",
                "Failed"
            ]
        );
        for status in JobStatus::ALL {
            let reply = Reply::AcknowledgeJob(AcknowledgeJobResponse {
                status: status.clone(),
            });
            let encoded = protocol::encode_response(&reply);
            assert_eq!(
                encoded.body,
                format!(r#"{{"status":"{status}"}}"#).into_bytes()
            );
            let read =
                protocol::decode_response(&Operation::AcknowledgeJob, 200, &encoded.body).unwrap();
            assert_eq!(read, reply);
        }
    }

    #[test]
    fn violations_are_worded_as_the_service_words_them() {
        insta::assert_snapshot!(
            rejection("{}").message().unwrap(),
            @"2 validation errors detected: Value null at 'jobId' failed to satisfy constraint: Member must not be null; Value null at 'nonce' failed to satisfy constraint: Member must not be null"
        );
        insta::assert_snapshot!(
            rejection(r#"{"jobId":"f4f4ff82-2d11-EXAMPLE","nonce":"3"}"#).message().unwrap(),
            @"1 validation error detected: Value at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
        );
        insta::assert_snapshot!(
            rejection(r#"{"jobId":"0f1e2d3c-4b5a-4968-8776-655443322110","nonce":""}"#).message().unwrap(),
            @"1 validation error detected: Value at 'nonce' failed to satisfy constraint: Member must have length greater than or equal to 1"
        );
    }

    #[test]
    fn a_nonce_that_is_a_number_is_no_string() {
        let error = rejection(r#"{"jobId":"f4f4ff82-2d11-EXAMPLE","nonce":3}"#);
        assert_eq!(*error.code(), ErrorCode::Serialization);
        insta::assert_snapshot!(error.message().unwrap(), @"NUMBER_VALUE can not be converted to a String");
    }

    #[test]
    fn errors_of_other_kinds_are_handed_back() {
        let error = ServiceError::new(ErrorCode::JobNotFound, "no such job");
        let typed = AcknowledgeJobError::try_from(error.clone()).unwrap();
        assert_eq!(
            typed,
            AcknowledgeJobError::JobNotFound("no such job".into())
        );
        assert_eq!(ServiceError::from(typed), error);
        let error = ServiceError::new(ErrorCode::InvalidJobState, "not now");
        assert_eq!(AcknowledgeJobError::try_from(error.clone()), Err(error));
    }
}
