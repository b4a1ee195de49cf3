//! A job that is to be.

use std::collections::BTreeMap;
use std::time::Duration;

use pipetape_core::shapes::{
    AccountId, ActionTypeId, Artifact, ArtifactCredentials, ClientId, ClientToken,
    ConfigurationKey, ConfigurationValue, ContinuationToken, EncryptionKey, JobId, PipelineContext,
};

/// A job that is to be. Everything may be left open; the emulator then makes it up from its seed.
///
/// ```
/// use pipetape_emulator::JobDefinition;
///
/// // A build job of the action type `Build`, `Custom`, `Example`, `1`.
/// let job = JobDefinition::default();
/// assert!(job.action_type_id.is_none());
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobDefinition {
    /// Its id, which no other job may have.
    pub id: Option<JobId>,
    /// The account whose pipeline it is; the emulator's own where it is left open.
    pub account_id: Option<AccountId>,
    /// The action type. Its owner decides who polls for the job: `Custom` (`PollForJobs`) or
    /// `ThirdParty` (`PollForThirdPartyJobs`); nobody polls for jobs of owner `AWS`.
    pub action_type_id: Option<ActionTypeId>,
    /// How the action is configured.
    pub configuration: Option<BTreeMap<ConfigurationKey, ConfigurationValue>>,
    /// Where in a pipeline the job is. Single members may be left open.
    pub pipeline_context: Option<PipelineContext>,
    /// What it works on. A missing name or location is made up; an empty list stays empty.
    pub input_artifacts: Option<Vec<Artifact>>,
    /// Where its results go, as above.
    pub output_artifacts: Option<Vec<Artifact>>,
    /// Keys to the artifacts' bucket.
    pub artifact_credentials: Given<ArtifactCredentials>,
    /// The key that artifacts are encrypted with.
    pub encryption_key: Given<EncryptionKey>,
    /// What an earlier job of the action handed on.
    pub continuation_token: Option<ContinuationToken>,
    /// The third-party client that the job is for.
    pub client: Option<Client>,
    /// How long the job stays `Created` before polls can have it.
    pub delay: Duration,
    /// How long the job may be in progress, instead of the emulator's own
    /// [`job_timeout`](crate::EmulatorConfig::job_timeout).
    pub job_timeout: Option<Duration>,
}

/// A member that is made up unless it is given or left out on purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// To be made up.
    #[default]
    MadeUp,
    /// Not to be there at all, as the service leaves out an encryption key that is S3's own.
    LeftOut,
    /// This one.
    Value(T),
}

/// A third-party client: the id that polls show, and the token that the worker knows beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The client's id.
    pub id: ClientId,
    /// The token that pairs with it.
    pub token: ClientToken,
}

impl Client {
    /// The token of a client that is made up, so that a worker can be started with it.
    pub const MADE_UP_TOKEN: &'static str = "FAKE-client-token";
}
