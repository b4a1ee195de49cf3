//! CodePipeline's job-worker operations.

pub mod credential_scope;
pub mod operation;
pub mod partition;

pub use credential_scope::{Authorization, AuthorizationError, CredentialScope};
pub use operation::{Operation, TARGET_PREFIX, TargetError};
pub use partition::{CodePipelineHost, Partition, Region, RegionError, is_codepipeline_host};
