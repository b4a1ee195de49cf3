//! A local CodePipeline job service, for when there is no tape and no account.
//!
//! Jobs are enqueued, polled for, acknowledged with their nonce, and end: succeeded, failed or timed
//! out. A worker that talks to it meets the service's own order of checks, words and limits.
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
//!
//! // A worker is pointed at it: `Listener::serve(emulator, …)` of `pipetape-serve`.
//!
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
//! The members from `actionTypeId` to `encryptionKey` may also stand in an object `data`, where the
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
//! | `GET jobs/ID` | one job with its history: every call that touched it, by whom, and what came of it |
//! | `GET clock`, `POST clock` | the time; `{"advance":"30s"}` moves it |
//! | `GET faults`, `POST faults` | the [fault rules](FaultRule); `{"rule":…}` or `{"rules":[…]}` adds some |
//! | `DELETE faults`, `DELETE faults/ID` | takes all, or one, out of force |
//!
//! # What it is not for
//!
//! It has no pipelines, artifacts or permissions: nothing starts jobs but whoever enqueues them, S3
//! locations lead nowhere, and credentials in jobs are fake. It keeps everything in memory. What no
//! public source tells of the service is a guess, listed in [`Guesses`].

mod account;
mod admin;
mod auth;
mod clock;
mod config;
mod definition;
mod emulator;
mod faults;
mod front;
mod guesses;
mod lifecycle;
mod operations;
mod seed;
mod tally;

pub use account::{EnqueueError, HistoryEntry, JobEvent, JobView};
pub use auth::{AccessKey, Auth, Credentials, CredentialsError};
pub use clock::Clock;
pub use config::EmulatorConfig;
pub use definition::{Client, Given, JobDefinition, JobsFileError, jobs_from_file, jobs_from_json};
pub use emulator::Emulator;
pub use faults::{FaultKind, FaultRule, FaultRuleError, Lost};
pub use front::EXCHANGES;
pub use guesses::{AfterEnd, EarlyResult, Guesses, Nonces, Texts};
pub use tally::EmulatorSummary;
