//! The vocabulary of AWS CodePipeline's job workers: operations, shapes, errors, and the wire form
//! they travel in.
//!
//! A job worker polls for jobs, acknowledges one with its nonce, reads its details and reports
//! success or failure. This crate knows that conversation as types: [`operations`] has the
//! requests, responses and declared errors, [`shapes`] what they are made of, and [`protocol`] the
//! AWS JSON 1.1 that carries them, for a server's end as well as a client's. Beside those is
//! what a recorder needs to know of a request's surroundings: the [`Operation`] in its target, the
//! [`Region`] and host it goes to, and the [`Authorization`] it is signed with. A recording, a
//! replay and an emulator give their clients an [`Answer`].
//!
//! ```
//! use pipetape_core::{
//!     Operation,
//!     operations::{AcknowledgeJobError, AcknowledgeJobResponse},
//!     protocol::{self, Call, Reply, ServiceError},
//!     shapes::JobStatus,
//! };
//!
//! // A request as it came off the wire.
//! let operation = Operation::from_target("CodePipeline_20150709.AcknowledgeJob")?;
//! let body = br#"{"jobId": "0f1e2d3c-4b5a-4968-8776-655443322110", "nonce": "3"}"#;
//! let Call::AcknowledgeJob(request) = protocol::decode_request(&operation, body)? else {
//!     unreachable!("the operation was AcknowledgeJob");
//! };
//!
//! // Answering it.
//! let answer = if request.nonce.as_str() == "3" {
//!     let status = JobStatus::InProgress;
//!     protocol::encode_response(&Reply::AcknowledgeJob(AcknowledgeJobResponse { status }))
//! } else {
//!     let error = AcknowledgeJobError::InvalidNonce("not this job's nonce".into());
//!     protocol::encode_error(&ServiceError::from(error))
//! };
//! assert_eq!((answer.status, &answer.body[..]), (200, &br#"{"status":"InProgress"}"#[..]));
//!
//! // What the service itself would refuse is refused in its words.
//! let error = protocol::decode_request(&operation, br#"{"nonce": "3"}"#).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "ValidationException: 1 validation error detected: \
//!      Value null at 'jobId' failed to satisfy constraint: Member must not be null"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it promises
//!
//! - Values that were read are valid: a [`shapes::JobId`] has the form of one, a decoded request has
//!   met every constraint of the service's model. What the service leaves to the operation itself
//!   (does the job exist, is it in the right state) is left to the server that answers.
//! - Secrets do not leak by accident: `Debug` hides them, and they have neither `Display` nor
//!   `Serialize`. Only their `expose` and the encoders give them out.
//! - No input makes it panic.
//!
//! # What it is not for
//!
//! It does no input or output, signs and verifies nothing, and keeps no state. It also does not
//! keep bytes: if a body must be given back exactly as it was, keep the body beside the type.

mod answer;
pub mod causes;
pub mod credential_scope;
pub mod headers;
pub mod operation;
pub mod operations;
pub mod partition;
pub mod protocol;
pub mod schema;
pub mod shapes;
pub mod text;

pub use answer::Answer;
pub use credential_scope::{Authorization, AuthorizationError, CredentialScope};
pub use operation::{Operation, TARGET_PREFIX, TargetError};
pub use partition::{CodePipelineHost, Partition, Region, RegionError, is_codepipeline_host};
pub use protocol::MentionedJobs;
