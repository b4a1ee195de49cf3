//! The JSON form of a job, as people write it.
//!
//! A boundary of its own: these types name every member there is, refuse any other, and become a
//! [`JobDefinition`] by hand. Errors come from within serde, so that they know their line.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use pipetape_core::shapes::{
    AccessKeyId, AccountId, ActionCategory, ActionContext, ActionName, ActionOwner, ActionProvider,
    ActionTypeId, ActionVersion, Artifact, ArtifactCredentials, ArtifactLocation,
    ArtifactLocationType, ArtifactName, ClientId, ClientToken, ConfigurationKey,
    ConfigurationValue, ContinuationToken, EncryptionKey, EncryptionKeyId, EncryptionKeyType,
    JobId, PipelineArn, PipelineContext, PipelineExecutionId, PipelineName, Revision,
    S3ArtifactLocation, SecretAccessKey, SessionToken, StageContext, StageName,
};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Client, Given, JobDefinition, MadeUp};

/// A list of jobs in an object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JobList {
    pub(super) jobs: Vec<JobEntry>,
}

/// One job.
pub(super) struct JobEntry(pub(super) JobDefinition);

impl<'de> Deserialize<'de> for JobEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(JobVisitor)
    }
}

/// Turns members into a job while serde still knows the line: what contradicts itself is an error like
/// any other.
struct JobVisitor;

impl<'de> Visitor<'de> for JobVisitor {
    type Value = JobEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a job, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<JobEntry, A::Error> {
        let raw = RawJob::deserialize(MapAccessDeserializer::new(members))?;
        JobEntry::try_from(raw).map_err(de::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawJob {
    id: Option<JobId>,
    account_id: Option<AccountId>,
    client_id: Option<ClientId>,
    client_token: Option<Clear<ClientToken>>,
    #[serde(default, deserialize_with = "duration")]
    delay: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    job_timeout: Option<Duration>,
    /// The members below, where the service's answers have them.
    data: Option<RawData>,
    action_type_id: Option<RawActionType>,
    configuration: Option<Configuration>,
    action_configuration: Option<RawActionConfiguration>,
    pipeline_context: Option<RawContext>,
    input_artifacts: Option<Vec<RawArtifact>>,
    output_artifacts: Option<Vec<RawArtifact>>,
    #[serde(default, deserialize_with = "given")]
    artifact_credentials: Given<RawCredentials>,
    continuation_token: Option<Clear<ContinuationToken>>,
    #[serde(default, deserialize_with = "given")]
    encryption_key: Given<RawEncryptionKey>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawData {
    action_type_id: Option<RawActionType>,
    configuration: Option<Configuration>,
    action_configuration: Option<RawActionConfiguration>,
    pipeline_context: Option<RawContext>,
    input_artifacts: Option<Vec<RawArtifact>>,
    output_artifacts: Option<Vec<RawArtifact>>,
    #[serde(default, deserialize_with = "given")]
    artifact_credentials: Given<RawCredentials>,
    continuation_token: Option<Clear<ContinuationToken>>,
    #[serde(default, deserialize_with = "given")]
    encryption_key: Given<RawEncryptionKey>,
}

type Configuration = BTreeMap<ConfigurationKey, Clear<ConfigurationValue>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawActionConfiguration {
    configuration: Option<Configuration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawActionType {
    category: Option<ActionCategory>,
    owner: Option<ActionOwner>,
    provider: Option<ActionProvider>,
    version: Option<ActionVersion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawContext {
    pipeline_name: Option<PipelineName>,
    stage: Option<RawStage>,
    action: Option<RawAction>,
    pipeline_arn: Option<PipelineArn>,
    pipeline_execution_id: Option<PipelineExecutionId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    name: Option<StageName>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawAction {
    name: Option<ActionName>,
    action_execution_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArtifact {
    name: Option<ArtifactName>,
    revision: Option<Revision>,
    location: Option<RawLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawLocation {
    #[serde(rename = "type")]
    kind: Option<ArtifactLocationType>,
    s3_location: Option<RawS3Location>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawS3Location {
    bucket_name: String,
    object_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawCredentials {
    access_key_id: Clear<AccessKeyId>,
    secret_access_key: Clear<SecretAccessKey>,
    session_token: Clear<SessionToken>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEncryptionKey {
    id: EncryptionKeyId,
    #[serde(rename = "type")]
    kind: Option<EncryptionKeyType>,
}

/// Why members of a job do not go together.
#[derive(Debug, thiserror::Error)]
enum Contradiction {
    #[error("`{0}` is in `data` and beside it, once is enough")]
    Twice(&'static str),
    #[error("`configuration` and `actionConfiguration` are two names for one thing, one is enough")]
    TwoConfigurations,
    #[error(
        "`clientId` and `clientToken` are for third-party jobs: set `actionTypeId.owner` to `ThirdParty`"
    )]
    ClientOfCustomJob,
    #[error("`clientId` and `clientToken` are a pair, one of them is missing")]
    HalfAClient,
    #[error(
        "`actionTypeId.owner` is `AWS`, whose jobs no worker can poll for: `Custom` or `ThirdParty` is expected"
    )]
    OwnerAws,
}

impl TryFrom<RawJob> for JobEntry {
    type Error = Contradiction;

    fn try_from(raw: RawJob) -> Result<JobEntry, Contradiction> {
        let data = raw.data.unwrap_or_default();
        let outer = configuration(raw.configuration, raw.action_configuration)?;
        let inner = configuration(data.configuration, data.action_configuration)?;
        let configuration = one("configuration", outer, inner)?;
        let action_type_id = one("actionTypeId", raw.action_type_id, data.action_type_id)?;
        let action_type_id = action_type_id.map(ActionTypeId::from);
        let owner = action_type_id.as_ref().map(|id| &id.owner);
        let client = match (raw.client_id, raw.client_token, owner) {
            (.., Some(ActionOwner::Aws)) => return Err(Contradiction::OwnerAws),
            (None, None, _) => None,
            (Some(id), Some(Clear(token)), Some(ActionOwner::ThirdParty)) => {
                Some(Client { id, token })
            }
            (_, _, Some(ActionOwner::ThirdParty)) => return Err(Contradiction::HalfAClient),
            _ => return Err(Contradiction::ClientOfCustomJob),
        };
        let context = one(
            "pipelineContext",
            raw.pipeline_context,
            data.pipeline_context,
        )?;
        let inputs = one("inputArtifacts", raw.input_artifacts, data.input_artifacts)?;
        let outputs = one(
            "outputArtifacts",
            raw.output_artifacts,
            data.output_artifacts,
        )?;
        let token = one(
            "continuationToken",
            raw.continuation_token,
            data.continuation_token,
        )?;
        let credentials = one_given(
            "artifactCredentials",
            raw.artifact_credentials,
            data.artifact_credentials,
        )?;
        let key = one_given("encryptionKey", raw.encryption_key, data.encryption_key)?;
        let artifacts = |list: Vec<RawArtifact>| list.into_iter().map(Artifact::from).collect();
        Ok(JobEntry(JobDefinition {
            id: raw.id,
            account_id: raw.account_id,
            action_type_id,
            configuration: configuration.map(|properties| {
                let properties = properties.into_iter();
                properties.map(|(key, Clear(value))| (key, value)).collect()
            }),
            pipeline_context: context.map(PipelineContext::from),
            input_artifacts: inputs.map(artifacts),
            output_artifacts: outputs.map(artifacts),
            artifact_credentials: credentials.map(ArtifactCredentials::from),
            encryption_key: key.map(EncryptionKey::from),
            continuation_token: token.map(|Clear(token)| token),
            client,
            delay: raw.delay.unwrap_or_default(),
            job_timeout: raw.job_timeout,
        }))
    }
}

fn configuration(
    short: Option<Configuration>,
    long: Option<RawActionConfiguration>,
) -> Result<Option<Configuration>, Contradiction> {
    match (short, long.and_then(|long| long.configuration)) {
        (Some(_), Some(_)) => Err(Contradiction::TwoConfigurations),
        (short, long) => Ok(short.or(long)),
    }
}

fn one<T>(
    member: &'static str,
    outer: Option<T>,
    inner: Option<T>,
) -> Result<Option<T>, Contradiction> {
    match (outer, inner) {
        (Some(_), Some(_)) => Err(Contradiction::Twice(member)),
        (outer, inner) => Ok(outer.or(inner)),
    }
}

fn one_given<T>(
    member: &'static str,
    outer: Given<T>,
    inner: Given<T>,
) -> Result<Given<T>, Contradiction> {
    match (outer, inner) {
        (Given::MadeUp, given) | (given, Given::MadeUp) => Ok(given),
        _ => Err(Contradiction::Twice(member)),
    }
}

impl<T> Given<T> {
    fn map<U>(self, map: impl FnOnce(T) -> U) -> Given<U> {
        match self {
            Given::MadeUp => Given::MadeUp,
            Given::LeftOut => Given::LeftOut,
            Given::Value(value) => Given::Value(map(value)),
        }
    }
}

impl From<RawActionType> for ActionTypeId {
    fn from(raw: RawActionType) -> ActionTypeId {
        let made_up = MadeUp::action_type();
        ActionTypeId {
            category: raw.category.unwrap_or(made_up.category),
            owner: raw.owner.unwrap_or(made_up.owner),
            provider: raw.provider.unwrap_or(made_up.provider),
            version: raw.version.unwrap_or(made_up.version),
        }
    }
}

impl From<RawContext> for PipelineContext {
    fn from(raw: RawContext) -> PipelineContext {
        PipelineContext {
            pipeline_name: raw.pipeline_name,
            stage: raw.stage.map(|stage| StageContext { name: stage.name }),
            action: raw.action.map(|action| ActionContext {
                name: action.name,
                action_execution_id: action.action_execution_id,
            }),
            pipeline_arn: raw.pipeline_arn,
            pipeline_execution_id: raw.pipeline_execution_id,
        }
    }
}

impl From<RawArtifact> for Artifact {
    fn from(raw: RawArtifact) -> Artifact {
        Artifact {
            name: raw.name,
            revision: raw.revision,
            location: raw.location.map(|location| ArtifactLocation {
                kind: location.kind,
                s3_location: location.s3_location.map(|place| S3ArtifactLocation {
                    bucket_name: place.bucket_name,
                    object_key: place.object_key,
                }),
            }),
        }
    }
}

impl From<RawCredentials> for ArtifactCredentials {
    fn from(raw: RawCredentials) -> ArtifactCredentials {
        ArtifactCredentials {
            access_key_id: raw.access_key_id.0,
            secret_access_key: raw.secret_access_key.0,
            session_token: raw.session_token.0,
        }
    }
}

impl From<RawEncryptionKey> for EncryptionKey {
    fn from(raw: RawEncryptionKey) -> EncryptionKey {
        EncryptionKey {
            id: raw.id,
            kind: raw.kind.unwrap_or(EncryptionKeyType::Kms),
        }
    }
}

/// A secret that the file has in clear. Core's secrets are not `Deserialize` on purpose.
struct Clear<T>(T);

impl<'de, T: TryFrom<String>> Deserialize<'de> for Clear<T>
where
    T::Error: fmt::Display,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::try_from(text).map(Clear).map_err(de::Error::custom)
    }
}

/// `null` leaves a member out, which is something else than not naming it.
fn given<'de, D, T>(deserializer: D) -> Result<Given<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(match Option::deserialize(deserializer)? {
        Some(value) => Given::Value(value),
        None => Given::LeftOut,
    })
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let duration = humantime::parse_duration(&text).map_err(|error| {
        de::Error::custom(format!(
            "duration such as `30s` or `5m` is expected: {error}"
        ))
    })?;
    Ok(Some(duration))
}
