//! A local CodePipeline job service, for when there is no tape and no account.
//!
//! Jobs are enqueued, polled for, acknowledged with their nonce, and end: succeeded, failed or timed
//! out. A worker that talks to it meets the service's own order of checks, words and limits.
//!
//! In a test, an emulator is started on a port of its own and given to a worker as its endpoint URL:
//!
//! ```
//! use std::time::Duration;
//!
//! use aws_sdk_codepipeline::Client;
//! use aws_sdk_codepipeline::config::{Config, Credentials, Region};
//! use aws_sdk_codepipeline::types::{ActionCategory, ActionOwner, ActionTypeId};
//! use pipetape_emulator::{Emulator, EmulatorConfig, JobDefinition};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let emulator = Emulator::new(EmulatorConfig::default(), vec![])?.start().await?;
//! let id = emulator.enqueue(JobDefinition::default())?;
//!
//! let config = Config::builder()
//!     .endpoint_url(emulator.url())
//!     .credentials_provider(Credentials::new("placeholder", "placeholder", None, None, "emulator"))
//!     .region(Region::from_static("us-east-1"))
//!     .build();
//! let worker = Client::from_conf(config);
//! let example = ActionTypeId::builder()
//!     .category(ActionCategory::Build)
//!     .owner(ActionOwner::Custom)
//!     .provider("Example")
//!     .version("1")
//!     .build()?;
//! let answer = worker.poll_for_jobs().action_type_id(example).send().await?;
//! let nonce = answer.jobs()[0].nonce().unwrap();
//! worker.acknowledge_job().job_id(id.as_str()).nonce(nonce).send().await?;
//! worker.put_job_success_result().job_id(id.as_str()).send().await?;
//!
//! // What the service saw: where the job ended, and every call that touched it.
//! let job = emulator.end_of(&id, Duration::from_secs(5)).await?;
//! assert_eq!(job.status.name(), "Succeeded");
//! assert_eq!(job.history.unwrap().len(), 5);
//! // It stops when it is dropped.
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nobody needs to wait for a timeout, and nobody needs a socket:
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use pipetape_core::shapes::JobStatus;
//! use pipetape_emulator::{Clock, Emulator, EmulatorConfig, JobDefinition};
//!
//! let config = EmulatorConfig {
//!     clock: Clock::manual(SystemTime::UNIX_EPOCH),
//!     ..EmulatorConfig::default()
//! };
//! let emulator = Emulator::new(config, vec![JobDefinition::default()])?;
//! let job = emulator.jobs().remove(0);
//! assert_eq!(job.status, JobStatus::Queued);
//!
//! // Nobody takes it within a day.
//! emulator.clock().advance(Duration::from_secs(24 * 60 * 60));
//! let job = emulator.job(&job.id).unwrap();
//! assert_eq!(job.status, JobStatus::TimedOut);
//! assert_eq!(job.history.unwrap().len(), 3);
//! # Ok::<(), pipetape_emulator::EnqueueError>(())
//! ```
//!
//! A server that wants its own address, limits and way to stop serves the [`Emulator`] as a
//! [`Service`](pipetape_serve::Service).
//!
//! # Jobs
//!
//! A job in JSON is an object. Every member may be left out, and is then made up from the seed; one
//! that is not listed here is an error that names it and its line.
//!
//! | member | what it is |
//! |---|---|
//! | `id` | the job's id, a UUID in lower case |
//! | `accountId` | the account whose pipeline it is |
//! | `actionTypeId` | `category`, `owner`, `provider`, `version`; by default `Build`, `Custom`, `Example`, `1` |
//! | `configuration` | the action's properties, a map of texts (also as `actionConfiguration.configuration`) |
//! | `pipelineContext` | `pipelineName`, `stage.name`, `action.name`, `action.actionExecutionId`, `pipelineArn`, `pipelineExecutionId` |
//! | `inputArtifacts`, `outputArtifacts` | lists of `name`, `revision`, `location` (`type`, `s3Location` with `bucketName` and `objectKey`) |
//! | `artifactCredentials` | `accessKeyId`, `secretAccessKey`, `sessionToken`; `null` leaves them out |
//! | `encryptionKey` | `id`, `type` (`KMS`); `null` leaves it out |
//! | `continuationToken` | what an earlier job of the action handed on |
//! | `clientId`, `clientToken` | for owner `ThirdParty`: the client, and the token that its worker must know; [`Client::MADE_UP_TOKEN`] by default |
//! | `delay` | how long the job is `Created` before polls can have it, such as `30s` |
//! | `jobTimeout` | how long it may be in progress, such as `1h` |
//!
//! The members from `actionTypeId` to `encryptionKey` may also be in an object `data`, as the
//! service's own answers have them.
//!
//! # Admin routes
//!
//! Under `/_pipetape/`, beside `health` and `metrics`:
//!
//! | route | what it does |
//! |---|---|
//! | `POST jobs` | makes a job or a list of them; `{"jobs":[{"id":…}]}` |
//! | `GET jobs` | every job; `{"jobs":[{"id":…,"status":…}]}` |
//! | `GET jobs/ID` | one job with its history: every call that touched it, by whom, and its outcome |
//! | `GET clock`, `POST clock` | the time; `{"advance":"30s"}` moves it |
//! | `GET faults`, `POST faults` | the [fault rules](FaultRule); `{"rule":…}` or `{"rules":[…]}` adds some |
//! | `DELETE faults`, `DELETE faults/ID` | takes all, or one, out of force |
//!
//! # What it is not for
//!
//! It has no pipelines, artifacts or permissions: jobs are only started by enqueueing them, S3
//! locations lead nowhere, and credentials in jobs are fake. It keeps everything in memory. What no
//! public source says of the service is a guess, listed in [`Guesses`].

mod account;
mod admin;
mod auth;
mod clock;
mod definition;
mod emulator;
mod faults;
mod front;
mod guesses;
mod lifecycle;
mod operations;
mod running;
mod seed;
mod tally;

pub use account::{EnqueueError, HistoryEntry, JobEvent, JobView};
pub use auth::{AccessKey, Auth, Credentials, CredentialsError};
pub use clock::Clock;

pub use definition::{Client, Given, JobDefinition, JobsFileError, jobs_from_file, jobs_from_json};
pub use emulator::{Emulator, EmulatorConfig};
pub use faults::{FaultKind, FaultRule, FaultRuleError, Lost};
pub use front::EXCHANGES;
pub use guesses::{AfterEnd, EarlyResult, Guesses, Nonces, Texts};
pub use running::{RunningEmulator, WaitError};
pub use tally::EmulatorSummary;
