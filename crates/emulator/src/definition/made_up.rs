//! Fills in what a definition leaves open.

use std::collections::BTreeMap;
use std::fmt;

use pipetape_core::Region;
use pipetape_core::shapes::{
    AccountId, ActionCategory, ActionContext, ActionOwner, ActionTypeId, Artifact,
    ArtifactCredentials, ArtifactLocation, ArtifactLocationType, ArtifactName, EncryptionKey,
    EncryptionKeyType, JobData, JobId, PipelineContext, S3ArtifactLocation, StageContext,
};

use super::{Client, Given, JobDefinition};
use crate::seed::Seed;

const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A job with everything it needs.
#[derive(Debug, Clone)]
pub(crate) struct NewJob {
    pub(crate) id: JobId,
    pub(crate) account_id: AccountId,
    /// For a third-party job, whose it is.
    pub(crate) client: Option<Client>,
    pub(crate) action_type: ActionTypeId,
    pub(crate) data: JobData,
}

/// Makes values up. All of them are plainly fake, and have the form of real ones.
#[derive(Debug, Clone)]
pub(crate) struct MadeUp {
    pub(crate) seed: Seed,
    pub(crate) account_id: AccountId,
    pub(crate) region: Region,
}

impl MadeUp {
    /// The id of the job with this number.
    pub(crate) fn job_id(&self, number: u64) -> JobId {
        sure(self.seed.uuid("job", number))
    }

    /// The action type of a job that names none.
    pub(crate) fn action_type() -> ActionTypeId {
        ActionTypeId {
            category: ActionCategory::Build,
            owner: ActionOwner::Custom,
            provider: sure("Example".to_owned()),
            version: sure("1".to_owned()),
        }
    }

    /// Fills in a definition; `number` makes its made-up values differ from those of other jobs.
    pub(crate) fn job(&self, definition: JobDefinition, number: u64) -> NewJob {
        let JobDefinition {
            id,
            account_id,
            action_type_id,
            configuration,
            pipeline_context,
            input_artifacts,
            output_artifacts,
            artifact_credentials,
            encryption_key,
            continuation_token,
            client,
            delay: _,
            job_timeout: _,
        } = definition;
        let account_id = account_id.unwrap_or_else(|| self.account_id.clone());
        let action_type = action_type_id.unwrap_or_else(MadeUp::action_type);
        let context = self.context(
            pipeline_context.unwrap_or_default(),
            &account_id,
            &action_type,
            number,
        );
        let (inputs, outputs) = artifact_names(&action_type.category);
        let artifacts = |given: Option<Vec<Artifact>>, names: &[&str], way: &str| {
            let given = given.unwrap_or_else(|| {
                let name = |name: &&str| Artifact {
                    name: Some(sure((*name).to_owned())),
                    ..Artifact::default()
                };
                names.iter().map(name).collect()
            });
            let complete = |(at, artifact)| self.artifact(artifact, &context, way, number, at);
            given.into_iter().enumerate().map(complete).collect()
        };
        let configuration = configuration.unwrap_or_else(|| {
            let property = |key: &str, value: &str| (sure(key.to_owned()), sure(value.to_owned()));
            BTreeMap::from([property("ProjectName", "example-project")])
        });
        let client = (action_type.owner == ActionOwner::ThirdParty)
            .then(|| client.unwrap_or_else(|| self.client()));
        let data = JobData {
            action_type_id: Some(action_type.clone()),
            action_configuration: Some(pipetape_core::shapes::ActionConfiguration {
                configuration: Some(configuration),
            }),
            input_artifacts: artifacts(input_artifacts, inputs, "input"),
            output_artifacts: artifacts(output_artifacts, outputs, "output"),
            artifact_credentials: artifact_credentials.or_make_up(|| self.credentials(number)),
            continuation_token,
            encryption_key: encryption_key.or_make_up(|| self.encryption_key(&account_id)),
            pipeline_context: Some(context),
        };
        NewJob {
            id: id.unwrap_or_else(|| self.job_id(number)),
            account_id,
            client,
            action_type,
            data,
        }
    }

    fn context(
        &self,
        given: PipelineContext,
        account: &AccountId,
        action_type: &ActionTypeId,
        number: u64,
    ) -> PipelineContext {
        let name = given
            .pipeline_name
            .unwrap_or_else(|| sure("example-pipeline".to_owned()));
        let stage = given.stage.unwrap_or_default();
        let action = given.action.unwrap_or_default();
        let arn = || sure(self.arn("codepipeline", account, name.as_str()));
        PipelineContext {
            stage: Some(StageContext {
                name: Some(
                    stage
                        .name
                        .unwrap_or_else(|| sure(action_type.category.name().to_owned())),
                ),
            }),
            action: Some(ActionContext {
                name: Some(
                    action
                        .name
                        .unwrap_or_else(|| sure(action_type.provider.to_string())),
                ),
                action_execution_id: Some(
                    action
                        .action_execution_id
                        .unwrap_or_else(|| self.seed.uuid("action execution", number)),
                ),
            }),
            pipeline_arn: Some(given.pipeline_arn.unwrap_or_else(arn)),
            pipeline_execution_id: Some(
                given
                    .pipeline_execution_id
                    .unwrap_or_else(|| sure(self.seed.uuid("pipeline execution", number))),
            ),
            pipeline_name: Some(name),
        }
    }

    /// The place of an artifact has the service's form: `PIPELINE/ARTIFACT/RANDOM`, shortened.
    fn artifact(
        &self,
        given: Artifact,
        context: &PipelineContext,
        way: &str,
        number: u64,
        at: usize,
    ) -> Artifact {
        let name: ArtifactName = given
            .name
            .unwrap_or_else(|| sure(format!("{way}-artifact-{}", at + 1)));
        let pipeline = context.pipeline_name.as_ref().map_or("", AsRef::as_ref);
        let location = given.location.unwrap_or_default();
        let s3 = location.s3_location.unwrap_or_else(|| {
            let random = self.seed.text(&format!("{way} {at}"), number, LETTERS, 7);
            let digits = self.seed.text("bucket", 0, "0123456789", 12);
            S3ArtifactLocation {
                bucket_name: format!("codepipeline-{}-{digits}", self.region),
                object_key: format!("{:.20}/{:.10}/{random}", pipeline, name),
            }
        });
        Artifact {
            name: Some(name),
            revision: given.revision,
            location: Some(ArtifactLocation {
                kind: Some(location.kind.unwrap_or(ArtifactLocationType::S3)),
                s3_location: Some(s3),
            }),
        }
    }

    fn credentials(&self, number: u64) -> ArtifactCredentials {
        let text = |purpose, alphabet, length| self.seed.text(purpose, number, alphabet, length);
        ArtifactCredentials {
            access_key_id: sure(format!("ASIAFAKE{}", text("key id", CAPITALS, 12))),
            secret_access_key: sure(format!("FAKE/{}", text("secret", LETTERS, 35))),
            session_token: sure(format!("FAKE/{}", text("token", LETTERS, 91))),
        }
    }

    fn encryption_key(&self, account: &AccountId) -> EncryptionKey {
        let key = format!("key/{}", self.seed.uuid("encryption key", 0));
        EncryptionKey {
            id: sure(self.arn("kms", account, &key)),
            kind: EncryptionKeyType::Kms,
        }
    }

    fn client(&self) -> Client {
        Client {
            id: sure(self.seed.uuid("client", 0)),
            token: sure(Client::MADE_UP_TOKEN.to_owned()),
        }
    }

    fn arn(&self, service: &str, account: &AccountId, resource: &str) -> String {
        let partition = self.region.partition().name();
        format!(
            "arn:{partition}:{service}:{}:{account}:{resource}",
            self.region
        )
    }
}

impl<T> Given<T> {
    fn or_make_up(self, make_up: impl FnOnce() -> T) -> Option<T> {
        match self {
            Given::MadeUp => Some(make_up()),
            Given::LeftOut => None,
            Given::Value(value) => Some(value),
        }
    }
}

/// What an action of a category takes and gives by default.
fn artifact_names(category: &ActionCategory) -> (&'static [&'static str], &'static [&'static str]) {
    match category {
        ActionCategory::Source => (&[], &["SourceArtifact"]),
        ActionCategory::Deploy | ActionCategory::Test => (&["BuildArtifact"], &[]),
        ActionCategory::Approval => (&[], &[]),
        _ => (&["SourceArtifact"], &["BuildArtifact"]),
    }
}

/// A text that keeps its shape's rules because of how it was put together.
#[expect(
    clippy::expect_used,
    reason = "made up in this file out of checked parts; a test makes up every one"
)]
fn sure<T: TryFrom<String>>(text: String) -> T
where
    T::Error: fmt::Debug,
{
    T::try_from(text).expect("a made-up text keeps the rules of its shape")
}

#[cfg(test)]
mod tests {
    use pipetape_core::schema;
    use proptest::prelude::*;

    use super::*;

    fn made_up(seed: u64) -> MadeUp {
        MadeUp {
            seed: Seed(seed),
            account_id: "111122223333".parse().unwrap(),
            region: Region::new("us-east-1").unwrap(),
        }
    }

    #[test]
    fn an_empty_definition_becomes_a_whole_job() {
        let job = made_up(0).job(JobDefinition::default(), 1);
        assert!(job.client.is_none());
        insta::assert_snapshot!(job.id, @"a9e21c62-94fa-41e8-a3bc-6f7439fa1a96");
        insta::assert_snapshot!(pretty(&job.data), @r#"
        {
          "actionConfiguration": {
            "configuration": {
              "ProjectName": "example-project"
            }
          },
          "actionTypeId": {
            "category": "Build",
            "owner": "Custom",
            "provider": "Example",
            "version": "1"
          },
          "artifactCredentials": {
            "accessKeyId": "ASIAFAKE6INBJXMAEMWG",
            "secretAccessKey": "FAKE/olwSl0lelQH3iD5IgLKSTIlamsJrGfeoYMy",
            "sessionToken": "FAKE/EbonHDePdkiJhWJr8HZd95PV7P8MaoBn5kJL0zoqtfr8MaCEWROdcJ4cnN7WJWJy91atCIrGZ4GGnV7lUqexyPGBrZC"
          },
          "encryptionKey": {
            "id": "arn:aws:kms:us-east-1:111122223333:key/6654feff-fbf0-4e84-8a60-bb59fbbc349f",
            "type": "KMS"
          },
          "inputArtifacts": [
            {
              "location": {
                "s3Location": {
                  "bucketName": "codepipeline-us-east-1-008140257770",
                  "objectKey": "example-pipeline/SourceArti/r59M0wW"
                },
                "type": "S3"
              },
              "name": "SourceArtifact"
            }
          ],
          "outputArtifacts": [
            {
              "location": {
                "s3Location": {
                  "bucketName": "codepipeline-us-east-1-008140257770",
                  "objectKey": "example-pipeline/BuildArtif/4vIAwCr"
                },
                "type": "S3"
              },
              "name": "BuildArtifact"
            }
          ],
          "pipelineContext": {
            "action": {
              "actionExecutionId": "d0b3b736-14e9-4fff-9ce5-5e7b5f76ed40",
              "name": "Example"
            },
            "pipelineArn": "arn:aws:codepipeline:us-east-1:111122223333:example-pipeline",
            "pipelineExecutionId": "f1d8a118-b83b-402e-b467-a615dbae1eae",
            "pipelineName": "example-pipeline",
            "stage": {
              "name": "Build"
            }
          }
        }
        "#);
    }

    #[test]
    fn what_is_given_stays() {
        let definition = JobDefinition {
            action_type_id: Some(ActionTypeId {
                category: ActionCategory::Source,
                ..MadeUp::action_type()
            }),
            artifact_credentials: Given::LeftOut,
            encryption_key: Given::LeftOut,
            pipeline_context: Some(PipelineContext {
                pipeline_name: Some("mine".parse().unwrap()),
                ..PipelineContext::default()
            }),
            ..JobDefinition::default()
        };
        let data = made_up(0).job(definition, 1).data;
        assert!(data.artifact_credentials.is_none() && data.encryption_key.is_none());
        assert!(data.input_artifacts.is_empty());
        let context = data.pipeline_context.unwrap();
        let arn = context.pipeline_arn.unwrap();
        assert_eq!(
            arn.as_str(),
            "arn:aws:codepipeline:us-east-1:111122223333:mine"
        );
        let location = data.output_artifacts[0].location.clone().unwrap();
        let key = location.s3_location.unwrap().object_key;
        assert!(key.starts_with("mine/SourceArti/"), "{key}");
    }

    proptest! {
        /// `sure` never panics, whatever the seed, the region and the category.
        #[test]
        fn anything_made_up_keeps_its_rules(
            seed: u64,
            number: u64,
            category in prop::sample::select(ActionCategory::ALL),
            owner in prop::sample::select(ActionOwner::ALL),
            region in prop::sample::select(vec!["us-east-1", "cn-north-1", "us-gov-west-1"]),
        ) {
            let made_up = MadeUp { region: Region::new(region).unwrap(), ..made_up(seed) };
            let definition = JobDefinition {
                action_type_id: Some(ActionTypeId { category, owner: owner.clone(), ..MadeUp::action_type() }),
                ..JobDefinition::default()
            };
            let job = made_up.job(definition.clone(), number);
            prop_assert_eq!(job.client.is_some(), owner == ActionOwner::ThirdParty);
            let again = made_up.job(definition, number);
            prop_assert_eq!(job.data, again.data);
        }
    }

    fn pretty(data: &JobData) -> String {
        let value: serde_json::Value = serde_json::from_slice(&schema::to_json(data)).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    }
}
