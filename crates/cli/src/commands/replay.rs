//! `replay`: play a tape back, and say what did not match.

use std::sync::Arc;

use pipetape_replay::Replay;
use pipetape_serve::DateHeader;
use pipetape_tape::{PlaySummary, Player, PlayerConfig, Store};

use crate::arguments::{ReplayArguments, policies};
use crate::commands::ExportError;
use crate::exit;
use crate::failure::Failure;
use crate::process::UserUmask;
use crate::report::{Leftovers, lines};
use crate::serving::{self, Setup};
use crate::terminal::say;
use crate::wrapped::Credentials;

/// Plays until a signal comes or the command ends; returns the exit code.
pub(crate) fn run(
    arguments: &ReplayArguments,
    store: &Store,
    umask: &UserUmask,
) -> Result<u8, Failure> {
    let setup = Setup::check(&arguments.serving, umask)?;
    serving::block_on(replay(arguments, setup, store, umask))
}

async fn replay(
    arguments: &ReplayArguments,
    setup: Setup<'_>,
    store: &Store,
    umask: &UserUmask,
) -> Result<u8, Failure> {
    let server = setup.listen().await?;
    let (exhausted, exhausted_by) = policies(&arguments.exhausted);
    let config = PlayerConfig {
        exhausted,
        exhausted_by,
        order: arguments.order.into(),
        match_by: arguments.match_by.into(),
        ignore: arguments.ignore.clone(),
        skip_empty_polls: arguments.skip_empty_polls,
        latency: arguments.latency,
    };
    let mut replay = Replay::of(Player::open(&arguments.source, store, config)?);
    if let Some(token) = arguments.serving.admin_token.clone() {
        replay = replay.admin_token(token);
    }
    if let Some(tls) = server.tls() {
        replay = replay.intercepting(tls);
    }
    let replay = Arc::new(replay);
    let mut signals = server.catch_signals()?;
    let command = server.announce(None, Credentials::Placeholders)?;
    // A recorded date would shift an SDK's clock, so no date is sent.
    let date = DateHeader::AsGiven;
    let command = server
        .serve(Arc::clone(&replay), date, command, &mut signals)
        .await;
    let report = replay.report();
    lines(&report).iter().for_each(say);
    if let Some(file) = &arguments.report {
        let leftovers = if arguments.strict {
            Leftovers::Failures
        } else {
            Leftovers::Allowed
        };
        let written = umask.during(|| file.write(&report, leftovers));
        written.map_err(|source| ExportError::Write {
            path: file.path().to_owned(),
            source,
        })?;
    }
    Ok(exit::code_around(
        command,
        own_code(report.summary, arguments.strict),
    ))
}

fn own_code(summary: PlaySummary, is_strict: bool) -> u8 {
    if summary.missed > 0 || (is_strict && summary.unplayed > 0) {
        exit::MISSED
    } else {
        exit::DONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misses_and_with_strict_leftovers_make_it_fail() {
        for (missed, unplayed, lax, strict) in [
            (0, 0, exit::DONE, exit::DONE),
            (0, 2, exit::DONE, exit::MISSED),
            (1, 0, exit::MISSED, exit::MISSED),
            (1, 2, exit::MISSED, exit::MISSED),
        ] {
            let summary = PlaySummary {
                served: 3,
                missed,
                unplayed,
                loosened: 0,
            };
            assert_eq!(own_code(summary, false), lax, "{summary:?}");
            assert_eq!(own_code(summary, true), strict, "{summary:?}");
        }
    }
}
