//! `emulate`: a job service, for as long as it is wanted.

use std::net::SocketAddr;
use std::sync::Arc;

use pipetape_emulator::{
    Auth, Credentials as Keys, Emulator, EmulatorConfig, JobDefinition, jobs_from_file,
};
use pipetape_serve::{DateHeader, Listener};

use crate::arguments::{EmulateArguments, SignatureCheck};
use crate::failure::{Failure, UsageError};
use crate::interception::Interception;
use crate::process::Signals;
use crate::process::UserUmask;
use crate::terminal::say;
use crate::wrapped::{CommandEnv, Credentials, TrustFiles, look_up};
use crate::{exit, serving};

/// Serves until a signal comes or the command ends; gives the exit code.
pub(crate) fn run(arguments: &EmulateArguments, umask: &UserUmask) -> Result<u8, Failure> {
    let address = arguments.serving.address()?;
    let auth = auth(arguments)?;
    let jobs = jobs(arguments)?;
    if let Some(program) = arguments.serving.command.first() {
        look_up(program)?;
    }
    let key = match &auth {
        Auth::Verify(keys) => Some(keys.first().clone()),
        Auth::Off | Auth::Require => None,
    };
    let interception = Interception::begin(&arguments.serving)?;
    let mut emulator = Emulator::new(config(arguments, auth), jobs)?;
    if let Some(interception) = &interception {
        emulator = emulator.intercepting(interception.tls());
    }
    let credentials = key
        .as_ref()
        .map_or(Credentials::Placeholders, Credentials::Given);
    let trust = interception.as_ref().and_then(Interception::trust);
    let serving = emulate(
        arguments,
        address,
        Arc::new(emulator),
        credentials,
        trust,
        umask,
    );
    serving::block_on(serving)
}

async fn emulate(
    arguments: &EmulateArguments,
    address: SocketAddr,
    emulator: Arc<Emulator>,
    credentials: Credentials<'_>,
    trust: Option<&TrustFiles>,
    umask: &UserUmask,
) -> Result<u8, Failure> {
    let listener = Listener::bind(address).await?;
    let mut signals = Signals::install(!arguments.serving.command.is_empty())?;
    let env = CommandEnv {
        address: listener.local_addr(),
        region: Some(&arguments.region),
        credentials,
        interception: trust,
    };
    let command = serving::announce(&arguments.serving.command, &env, umask)?;
    let service = Arc::clone(&emulator);
    let limits = arguments.serving.limits();
    let date = DateHeader::Current;
    let command = serving::serve(listener, service, limits, date, command, &mut signals).await;
    say(emulator.summary());
    Ok(exit::code_around(command, exit::DONE))
}

/// What is checked of signatures, the keys for it read.
fn auth(arguments: &EmulateArguments) -> Result<Auth, Failure> {
    match (arguments.auth, &arguments.credentials) {
        (SignatureCheck::Verify, Some(path)) => {
            Keys::from_file(path)
                .map(Auth::Verify)
                .map_err(|source| Failure::Credentials {
                    path: path.clone(),
                    source,
                })
        }
        // Without keys the command line is refused before it comes to this.
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
    jobs_from_file(path).map_err(|source| Failure::Jobs {
        path: path.clone(),
        source,
    })
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
    fn keys_go_with_verifying_and_with_nothing_else() {
        assert!(matches!(auth(&arguments(&[])), Ok(Auth::Off)));
        let require = arguments(&["--auth", "require"]);
        assert!(matches!(auth(&require), Ok(Auth::Require)));
        for check in ["off", "require"] {
            let unused = arguments(&["--auth", check, "--credentials", "keys.json"]);
            let error = auth(&unused).unwrap_err();
            assert_eq!(exit::code_of(&error), exit::USAGE, "{error}");
        }
        let missing = ["--auth", "verify", "--credentials", "no/such/keys.json"];
        let error = auth(&arguments(&missing)).unwrap_err();
        assert_eq!(exit::code_of(&error), exit::FAILED, "{error}");
    }
}
