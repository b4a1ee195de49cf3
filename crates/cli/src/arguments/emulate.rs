//! `emulate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pipetape_core::Region;
use pipetape_emulator::FaultRule;

use super::serving::ServingArguments;
use super::values::{Delay, Period};

/// Serve a local CodePipeline job service, for a worker that has no account and no tape yet
///
/// Jobs come from a file, and from `POST /_pipetape/jobs` while it runs. They are polled for,
/// acknowledged with their nonce, and succeed, fail or time out as the service's do; `GET
/// /_pipetape/jobs/ID` lists every call about a job. Nothing is kept when it ends.
#[derive(Debug, Args)]
pub(crate) struct EmulateArguments {
    /// A JSON file with the first jobs; docs/emulator.md has the format
    #[arg(long, value_name = "FILE")]
    pub(crate) jobs: Option<PathBuf>,

    /// How long a job that was handed out is hidden from other polls; if it is not acknowledged by
    /// then, it is handed out again with another nonce
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub(crate) visibility: Period,

    /// How long an acknowledged job may be in progress
    /// [default: as long as its action, 24 hours]
    #[arg(long, value_name = "TIME")]
    pub(crate) job_timeout: Option<Period>,

    /// How long after a continuation token the action's next job can be polled for
    #[arg(long, value_name = "TIME", default_value = "0s")]
    pub(crate) continuation_delay: Delay,

    /// How much of a caller's signature is checked
    #[arg(long, value_name = "CHECK", value_enum, default_value_t = SignatureCheck::Off)]
    pub(crate) auth: SignatureCheck,

    /// A JSON file with the keys that callers may sign with, for `--auth verify`; docs/emulator.md
    /// has the format. A wrapped command signs with the first
    #[arg(long, value_name = "FILE", required_if_eq("auth", "verify"))]
    pub(crate) credentials: Option<PathBuf>,

    /// The region of the emulator; callers have to sign for it
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: Region,

    /// Make calls fail: `OPERATION:FAULT[:count=N][:probability=P]`, such as
    /// AcknowledgeJob:throttle:count=2 or *:500:probability=0.1. The faults are throttle, 500, 503,
    /// delay=TIME, reset, reset=after, truncate=BYTES, InvalidNonce, JobNotFound and timeout-job.
    /// May be given more than once
    #[arg(long, value_name = "RULE")]
    pub(crate) fault: Vec<FaultRule>,

    /// The seed of all random values and chances: the same number gives the same run
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,

    #[command(flatten)]
    pub(crate) serving: ServingArguments,
}

/// `--auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SignatureCheck {
    /// Nothing: any caller is served
    Off,
    /// That it is present and complete
    Require,
    /// That it is correct, by the keys of --credentials
    Verify,
}
