//! `record`: forward, keep, and close the tape.

use std::num::NonZero;
use std::sync::Arc;
use std::{io, thread};

use pipetape_proxy::{InterceptConfig, RecordConfig, RecordSummary, Recorder};
use pipetape_serve::{DateHeader, WorkerRuntimes};
use pipetape_tape::{Finished, RedactConfig, Rules, Store, TapeName, TapeWriter};
use tracing::warn;

use crate::arguments::{Mode, RecordArguments};
use crate::failure::{Failure, SystemError, UsageError};
use crate::process::{Signals, UserUmask};
use crate::serving::{self, Server, Setup};
use crate::terminal::{Palette, say};
use crate::text::{exchanges, printable};
use crate::wrapped::{Credentials, Wrapped, profile_region};
use crate::{environment, exit};

/// Most threads that serve connections. One more thread writes the tape.
const MOST_THREADS: usize = 4;

/// Records until a signal comes or the command ends; returns the exit code.
pub(crate) fn run(
    arguments: &RecordArguments,
    store: &Store,
    palette: Palette,
    umask: &UserUmask,
) -> Result<u8, Failure> {
    let setup = Setup::check(&arguments.serving, umask)?;
    serving::block_on(record(arguments, setup, store, palette))
}

async fn record(
    arguments: &RecordArguments,
    setup: Setup<'_>,
    store: &Store,
    palette: Palette,
) -> Result<u8, Failure> {
    let server = setup.listen().await?.on(workers()?);
    let writer = store.record(
        &arguments.tape,
        arguments.mode.into(),
        rules_asked_for(arguments)?,
    )?;
    let begun = begin(arguments, &server, &writer).await;
    let (recorder, command, mut signals) = match begun {
        Ok(begun) => begun,
        Err(failure) => {
            abandon(writer, arguments, store).await;
            return Err(failure);
        }
    };
    let date = DateHeader::AsGiven;
    let command = server
        .serve(Arc::clone(&recorder), date, command, &mut signals)
        .await;
    let finished = finish(&recorder, writer, &mut signals).await;
    let summary = recorder.summary();
    say(summary_line(
        &arguments.tape,
        &summary,
        finished.as_ref().ok(),
    ));
    let own = match finished {
        Ok(_) if summary.unrecorded == 0 => exit::DONE,
        Ok(_) => exit::FAILED,
        // A recording that fails ends with 1, also if its tape is damaged.
        Err(failure) => {
            failure.report(palette);
            exit::FAILED
        }
    };
    Ok(exit::code_around(command, own))
}

/// Signing a request takes as long as its HTTP, so the connections are distributed over the processors.
fn workers() -> Result<WorkerRuntimes, SystemError> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    WorkerRuntimes::start(processors.min(MOST_THREADS) - 1).map_err(|source| SystemError {
        action: "start a thread",
        source,
    })
}

/// Makes the recorder, and starts the command.
async fn begin(
    arguments: &RecordArguments,
    server: &Server<'_>,
    writer: &TapeWriter,
) -> Result<(Arc<Recorder>, Option<Wrapped>, Signals), Failure> {
    check_rules(arguments, writer.rules())?;
    let recorder = Recorder::new(config(arguments, server), writer.clone())?;
    let signals = server.catch_signals()?;
    warn_of_lost_choices(arguments);
    let region = match &arguments.region {
        Some(region) => Some(region.clone()),
        None => profile_region(arguments.profile.as_deref()).await,
    };
    let command = server.announce(region.as_ref(), Credentials::Own)?;
    Ok((Arc::new(recorder), command, signals))
}

/// Closes a tape to which nothing was added, and removes it if it is new. Errors are ignored: the
/// one that led here is reported.
async fn abandon(writer: TapeWriter, arguments: &RecordArguments, store: &Store) {
    let is_new = arguments.mode != Mode::Append;
    if let Ok(finished) = writer.finish().await
        && is_new
        && finished.on_tape == 0
        && !finished.left_old
    {
        let _ = store.delete(&arguments.tape);
    }
}

/// Closes the tape. Two more signals end even that; what was recorded is kept.
async fn finish(
    recorder: &Recorder,
    writer: TapeWriter,
    signals: &mut Signals,
) -> Result<Finished, Failure> {
    let finished = async {
        recorder.settled().await;
        writer.finish().await
    };
    let insisted = async {
        signals.next().await;
        warn!("closing the tape; the next signal leaves it unfinished");
        signals.next().await;
    };
    tokio::select! {
        biased;
        finished = finished => Ok(finished?),
        () = insisted => Err(SystemError {
            action: "close the tape: it stays unfinished, with all that was recorded",
            source: io::ErrorKind::Interrupted.into(),
        }
        .into()),
    }
}

fn config(arguments: &RecordArguments, server: &Server<'_>) -> RecordConfig {
    let limits = arguments.serving.limits();
    RecordConfig {
        upstream: arguments.upstream.clone(),
        upstream_ca: arguments.upstream_ca.clone(),
        resolve: arguments.resolve.clone(),
        intercept: server.tls().map(|tls| InterceptConfig {
            tls,
            tunnel: arguments.tunnel.clone(),
        }),
        sign: arguments.sign.into(),
        profile: arguments.profile.clone(),
        region: arguments.region.clone(),
        listen: server.address(),
        max_body: limits.max_body,
        body_budget: limits.body_budget,
        upstream_timeout: arguments.upstream_timeout.0,
        admin_token: arguments.serving.admin_token.clone(),
        environment: environment::captured(),
    }
}

fn rules_asked_for(arguments: &RecordArguments) -> Result<Rules, SystemError> {
    Ok(Rules {
        redact: arguments.redact.clone(),
        keep_account_ids: arguments.keep_account_ids,
        redact_config: arguments
            .redact_config
            .map(RedactConfig::from)
            .unwrap_or_default(),
        ..new_rules()?
    })
}

/// Default rules, with a new salt.
pub(super) fn new_rules() -> Result<Rules, SystemError> {
    Rules::generate().map_err(|error| SystemError {
        action: "make a salt for the tape",
        source: io::Error::other(error),
    })
}

/// A tape is continued by its own rules. Flags that differ from them are an error, since what they
/// should hide would be written.
fn check_rules(arguments: &RecordArguments, rules: &Rules) -> Result<(), UsageError> {
    let differs = |flag: String, has: String| UsageError::RuleDiffers {
        flag,
        tape: arguments.tape.clone(),
        has,
    };
    if let Some(asked) = arguments.redact_config.map(RedactConfig::from)
        && asked != rules.redact_config
    {
        let flag = format!("--redact-config {}", asked.name());
        return Err(differs(
            flag,
            format!("--redact-config {}", rules.redact_config.name()),
        ));
    }
    if arguments.keep_account_ids && !rules.keep_account_ids {
        let has = "account ids are replaced".to_owned();
        return Err(differs("--keep-account-ids".to_owned(), has));
    }
    let missing = arguments
        .redact
        .iter()
        .find(|asked| !rules.redact.contains(asked));
    if let Some(pointer) = missing {
        let has: Vec<String> = rules
            .redact
            .iter()
            .map(|has| format!("--redact {has}"))
            .collect();
        let has = if has.is_empty() {
            "no --redact".to_owned()
        } else {
            has.join(" ")
        };
        return Err(differs(format!("--redact {pointer}"), has));
    }
    Ok(())
}

/// Warns of what a command's environment asks of its SDK and a recording can't provide.
fn warn_of_lost_choices(arguments: &RecordArguments) {
    let is_on =
        |name| std::env::var_os(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    // An intercepted call goes where the SDK sends it.
    let is_kept = arguments.serving.interception.intercept || arguments.upstream.is_some();
    if arguments.serving.command.is_empty() || is_kept {
        return;
    }
    for variable in [
        environment::USE_FIPS_ENDPOINT,
        environment::USE_DUALSTACK_ENDPOINT,
    ] {
        if is_on(variable) {
            warn!(
                variable,
                "calls are forwarded to the ordinary endpoint; name another with --upstream"
            );
        }
    }
}

fn summary_line(tape: &TapeName, summary: &RecordSummary, finished: Option<&Finished>) -> String {
    // If the tape was closed, its own count is exact.
    let recorded = finished.map_or(summary.recorded, |finished| finished.written);
    let mut line = format!(
        "recorded {} on tape {tape} ({} unrecorded, {} refused)",
        exchanges(recorded),
        summary.unrecorded,
        summary.refused
    );
    if finished.is_some_and(|finished| finished.left_old) {
        line.push_str("; the former tape was left unchanged");
    }
    if !summary.kept_config.is_empty() {
        let keys: Vec<_> = summary
            .kept_config
            .iter()
            .map(|key| printable(key))
            .collect();
        line.push_str("; configuration values kept in clear: ");
        line.push_str(&keys.join(", "));
    }
    line
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::arguments::{Cli, Command};

    fn arguments(flags: &[&str]) -> RecordArguments {
        let line = ["pipetape", "record", "t"].iter().chain(flags);
        match Cli::parse_from(line).command {
            Command::Record(arguments) => arguments,
            other => panic!("not a recording: {other:?}"),
        }
    }

    #[test]
    fn a_new_tape_has_the_rules_asked_for() {
        let rules = rules_asked_for(&arguments(&[])).unwrap();
        assert_eq!((rules.redact, rules.ignore), (Vec::new(), Vec::new()));
        assert_eq!(rules.redact_config, RedactConfig::Suspect);
        assert!(!rules.keep_account_ids);
        assert!(!rules.salt.as_str().is_empty());

        let flags = [
            "--redact",
            "/a",
            "--redact",
            "/b/*",
            "--redact-config",
            "all",
            "--keep-account-ids",
        ];
        let rules = rules_asked_for(&arguments(&flags)).unwrap();
        assert_eq!(
            rules.redact,
            ["/a".parse().unwrap(), "/b/*".parse().unwrap()]
        );
        assert_eq!(rules.redact_config, RedactConfig::All);
        assert!(rules.keep_account_ids);
    }

    #[test]
    fn flags_may_repeat_the_tapes_rules_and_not_change_them() {
        let rules = Rules {
            redact: vec!["/a".parse().unwrap()],
            redact_config: RedactConfig::All,
            ..Rules::default()
        };
        let check = |flags: &[&str]| {
            check_rules(&arguments(flags), &rules).map_err(|error| error.to_string())
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&["--redact", "/a", "--redact-config", "all"]), Ok(()));
        insta::assert_snapshot!(check(&["--redact", "/b"]).unwrap_err(), @"--redact /b is not the rule that tape `t` was begun with (--redact /a)");
        insta::assert_snapshot!(check(&["--redact-config", "suspect"]).unwrap_err(), @"--redact-config suspect is not the rule that tape `t` was begun with (--redact-config all)");
        insta::assert_snapshot!(check(&["--keep-account-ids"]).unwrap_err(), @"--keep-account-ids is not the rule that tape `t` was begun with (account ids are replaced)");
    }

    #[test]
    fn the_summary_is_one_line_and_names_what_is_in_clear() {
        let tape: TapeName = "deploy".parse().unwrap();
        let mut summary = RecordSummary {
            recorded: 1,
            unrecorded: 2,
            refused: 3,
            kept_config: Vec::new(),
        };
        insta::assert_snapshot!(summary_line(&tape, &summary, None), @"recorded 1 exchange on tape deploy (2 unrecorded, 3 refused)");
        summary.kept_config = vec!["Stage".to_owned(), "a\u{1b}b".to_owned()];
        let finished = Finished {
            written: 5,
            on_tape: 9,
            left_old: false,
        };
        insta::assert_snapshot!(summary_line(&tape, &summary, Some(&finished)), @r"recorded 5 exchanges on tape deploy (2 unrecorded, 3 refused); configuration values kept in clear: Stage, a\u{1b}b");
    }
}
