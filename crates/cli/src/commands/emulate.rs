//! `emulate`: a local job service.

use std::path::PathBuf;
use std::sync::Arc;

use pipetape_core::Region;
use pipetape_emulator::{
    Auth, Credentials as Keys, CredentialsError, Emulator, EmulatorConfig, JobDefinition,
    JobsFileError, jobs_from_file,
};
use pipetape_serve::DateHeader;
use thiserror::Error;

use crate::arguments::{EmulateArguments, SignatureCheck};
use crate::exit;
use crate::failure::{CommandError, Failure, UsageError};
use crate::process::UserUmask;
use crate::serving::{self, Setup};
use crate::terminal::say;
use crate::wrapped::Credentials;

/// A file for the emulator can't be used.
#[derive(Debug, Error)]
enum EmulateError {
    /// `--jobs`.
    #[error("cannot use the jobs in {}", path.display())]
    Jobs {
        path: PathBuf,
        #[source]
        source: JobsFileError,
    },
    /// `--credentials`.
    #[error("cannot use the keys in {}", path.display())]
    Credentials {
        path: PathBuf,
        #[source]
        source: CredentialsError,
    },
}

impl CommandError for EmulateError {}

/// Serves until a signal comes or the command ends; returns the exit code.
pub(crate) fn run(arguments: &EmulateArguments, umask: &UserUmask) -> Result<u8, Failure> {
    let setup = Setup::check(&arguments.serving, umask)?;
    let auth = auth(arguments)?;
    let jobs = jobs(arguments)?;
    let key = match &auth {
        Auth::Verify(keys) => Some(keys.first().clone()),
        Auth::Off | Auth::Require => None,
    };
    let credentials = key
        .as_ref()
        .map_or(Credentials::Placeholders, Credentials::Given);
    let emulator = Emulator::new(config(arguments, auth), jobs)?;
    serving::block_on(emulate(setup, emulator, &arguments.region, credentials))
}

async fn emulate(
    setup: Setup<'_>,
    mut emulator: Emulator,
    region: &Region,
    credentials: Credentials<'_>,
) -> Result<u8, Failure> {
    let server = setup.listen().await?;
    if let Some(tls) = server.tls() {
        emulator = emulator.intercepting(tls);
    }
    let emulator = Arc::new(emulator);
    let mut signals = server.catch_signals()?;
    let command = server.announce(Some(region), credentials)?;
    let date = DateHeader::Current;
    let command = server
        .serve(Arc::clone(&emulator), date, command, &mut signals)
        .await;
    say(emulator.summary());
    Ok(exit::code_around(command, exit::DONE))
}

/// Which signatures are accepted, with the keys read from their file.
fn auth(arguments: &EmulateArguments) -> Result<Auth, Failure> {
    match (arguments.auth, &arguments.credentials) {
        (SignatureCheck::Verify, Some(path)) => {
            let keys = Keys::from_file(path).map_err(|source| EmulateError::Credentials {
                path: path.clone(),
                source,
            })?;
            Ok(Auth::Verify(keys))
        }
        // clap has refused `--auth verify` without keys already.
        (SignatureCheck::Off | SignatureCheck::Require, Some(_))
        | (SignatureCheck::Verify, None) => Err(UsageError::UnusedCredentials.into()),
        (SignatureCheck::Off, None) => Ok(Auth::Off),
        (SignatureCheck::Require, None) => Ok(Auth::Require),
    }
}

fn jobs(arguments: &EmulateArguments) -> Result<Vec<JobDefinition>, Failure> {
    let Some(path) = &arguments.jobs else {
        return Ok(Vec::new());
    };
    let jobs = jobs_from_file(path).map_err(|source| EmulateError::Jobs {
        path: path.clone(),
        source,
    })?;
    Ok(jobs)
}

fn config(arguments: &EmulateArguments, auth: Auth) -> EmulatorConfig {
    EmulatorConfig {
        visibility: arguments.visibility.0,
        job_timeout: arguments.job_timeout.map(|timeout| timeout.0),
        continuation_delay: arguments.continuation_delay.0,
        auth,
        region: arguments.region.clone(),
        faults: arguments.fault.clone(),
        seed: arguments.seed,
        admin_token: arguments.serving.admin_token.clone(),
        ..EmulatorConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser as _;

    use super::*;
    use crate::arguments::{Cli, Command};

    fn arguments(flags: &[&str]) -> EmulateArguments {
        let line = ["pipetape", "emulate"].iter().chain(flags);
        match Cli::parse_from(line).command {
            Command::Emulate(arguments) => arguments,
            other => panic!("not an emulator: {other:?}"),
        }
    }

    #[test]
    fn without_flags_the_emulators_own_defaults_hold() {
        let config = config(&arguments(&[]), Auth::Off);
        let default = EmulatorConfig::default();
        assert_eq!(config.visibility, default.visibility);
        assert_eq!(config.job_timeout, default.job_timeout);
        assert_eq!(config.continuation_delay, default.continuation_delay);
        assert_eq!(config.region, default.region);
        assert_eq!(config.seed, default.seed);
        assert!(config.faults.is_empty());
    }

    #[test]
    fn flags_reach_the_emulator() {
        let flags = [
            "--visibility",
            "2s",
            "--job-timeout",
            "1m",
            "--continuation-delay",
            "3s",
            "--region",
            "eu-west-1",
            "--fault",
            "*:500",
            "--fault",
            "PollForJobs:throttle:count=2",
            "--seed",
            "7",
        ];
        let config = config(&arguments(&flags), Auth::Off);
        assert_eq!(config.visibility, Duration::from_secs(2));
        assert_eq!(config.job_timeout, Some(Duration::from_secs(60)));
        assert_eq!(config.continuation_delay, Duration::from_secs(3));
        assert_eq!(config.region.as_str(), "eu-west-1");
        assert_eq!(config.seed, 7);
        let faults: Vec<String> = config.faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults, ["*:500", "PollForJobs:throttle:count=2"]);
    }

    #[test]
    fn keys_are_for_verifying_only() {
        assert!(matches!(auth(&arguments(&[])), Ok(Auth::Off)));
        let require = arguments(&["--auth", "require"]);
        assert!(matches!(auth(&require), Ok(Auth::Require)));
        for check in ["off", "require"] {
            let unused = arguments(&["--auth", check, "--credentials", "keys.json"]);
            let error = auth(&unused).unwrap_err();
            assert_eq!(error.exit_code(), exit::USAGE, "{error:?}");
        }
        let missing = ["--auth", "verify", "--credentials", "no/such/keys.json"];
        let error = auth(&arguments(&missing)).unwrap_err();
        assert_eq!(error.exit_code(), exit::FAILED, "{error:?}");
    }
}
