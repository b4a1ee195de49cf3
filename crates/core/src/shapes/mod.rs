//! The shapes that the operations' requests and responses are made of.
//!
//! Names, members and limits are those of the service's model for API version 2015-07-09. Every
//! length is counted in Unicode characters. A value of one of these types keeps its shape's rules:
//! what breaks them is refused when it is read.

mod action_type;
mod artifact;
mod configuration;
mod identity;
mod job;
mod pipeline;
mod result;
mod timestamp;

pub use action_type::{
    ActionCategory, ActionConfigurationProperties, ActionConfigurationProperty, ActionOwner,
    ActionPropertyType, ActionProvider, ActionType, ActionTypeId, ActionTypeSettings,
    ActionVersion, ArtifactCount, ArtifactDetails, PropertyDescription, Url,
};
pub use action_type::{
    ActionTypeArtifactCount, ActionTypeArtifactDetails, ActionTypeDeclaration,
    ActionTypeDescription, ActionTypeExecutor, ActionTypeIdentifier, ActionTypeOwner,
    ActionTypePermissions, ActionTypeProperty, ActionTypePropertyDescription, ActionTypeUrls,
    AllowedAccount, ExecutorConfiguration, ExecutorType, JobTimeout,
    JobWorkerExecutorConfiguration, LambdaExecutorConfiguration, LambdaFunctionArn,
    PolicyStatementsTemplate, RegionFilter, ServicePrincipal, Tag, TagKey, TagValue,
};
pub use artifact::{
    AccessKeyId, Artifact, ArtifactCredentials, ArtifactLocation, ArtifactLocationType,
    ArtifactName, EncryptionKey, EncryptionKeyId, EncryptionKeyType, S3ArtifactLocation,
    SecretAccessKey, SessionToken,
};
pub use configuration::{
    ActionConfiguration, ConfigurationKey, ConfigurationValue, QueryParam, QueryableValue,
};
pub use identity::{
    AccountId, ClientId, ClientToken, ContinuationToken, JobId, NextToken, Nonce, ThirdPartyJobId,
};
pub use job::{
    Job, JobData, JobDetails, JobStatus, MaxBatchSize, ThirdPartyJob, ThirdPartyJobDetails,
};
pub use pipeline::{
    ActionContext, ActionName, PipelineArn, PipelineContext, PipelineExecutionId, PipelineName,
    StageContext, StageName,
};
pub use result::{
    ActionRevision, CurrentRevision, ExecutionDetails, ExecutionSummary, ExternalExecutionId,
    FailureDetails, FailureMessage, FailureType, OutputVariableKey, PercentComplete, Revision,
    RevisionChangeIdentifier, RevisionSummary,
};
pub use timestamp::Timestamp;
