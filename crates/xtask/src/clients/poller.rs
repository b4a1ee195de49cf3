//! A worker that never ends by itself, and is stopped as an operator stops it.

use std::ffi::OsString;
use std::path::Path;
use std::slice;

use anyhow::Context;

use super::admin;
use super::difference::Kinship;
use super::program::Running;
use super::runner::{DONE, Runner};
use super::server::Server;
use super::session::Session;

/// Lets the worker take jobs from the emulator until all have ended, the same through a recording, and then from
/// its tape until all is played. The emulator refuses an acknowledge once, so one job comes a second time.
///
/// # Errors
///
/// Says what did not hold.
pub(crate) fn check(runner: &Runner<'_>, sources: &Path) -> anyhow::Result<()> {
    let expected = Session::from_file(&sources.join("poller.jsonl"))?;
    let served = emulator(runner, sources, "poll.emulator")?;
    let surroundings = runner.surroundings().with_keys();
    let surroundings = surroundings.with("AWS_ENDPOINT_URL_CODEPIPELINE", served.url());
    let mut worker = runner.start(&surroundings, &words(runner, Vec::new()), "poll.worker")?;
    take_all(&served, &mut worker)?;
    let live = Session::parse(worker.stop()?.lines_if(DONE)?)?;
    let without_messages = live.without_messages();
    without_messages
        .must_be(&expected, Kinship::Same)
        .context("live")?;

    let served = emulator(runner, sources, "poll.recorded")?;
    let around = runner.pipetape(&["record", "poll", "--upstream", served.url(), "--"]);
    let surroundings = runner.surroundings().with_keys();
    let (mut recorder, _) =
        runner.start_around(&surroundings, &words(runner, around), "poll.record")?;
    take_all(&served, &mut recorder)?;
    let recorded = Session::parse(recorder.stop()?.lines_if(DONE)?)?;
    recorded.must_be(&live, Kinship::Same).context("recorded")?;
    let tape = runner.export("poll")?;

    let mut around = runner.pipetape(&["replay", "--strict"]);
    around.extend([tape.into(), "--".into()]);
    let surroundings = runner.surroundings();
    let (mut replay, address) =
        runner.start_around(&surroundings, &words(runner, around), "poll.replay")?;
    admin::until_all_is_played(&address, "unplayed", &mut replay)?;
    let played = Session::parse(replay.stop()?.lines_if(DONE)?)?;
    played
        .must_be(&recorded, Kinship::Redacted)
        .context("replayed")
}

/// Waits until a worker has taken all jobs: also the one that it was refused, which stays hidden until the
/// others have ended.
fn take_all(emulator: &Server, worker: &mut Running) -> anyhow::Result<()> {
    let workers = slice::from_mut(worker);
    admin::until_ended(emulator, workers, |left| left == 1)?;
    admin::post(emulator.address(), "clock", r#"{"advance":"1m"}"#)?;
    admin::until_ended(emulator, workers, |left| left == 0)
}

fn emulator(runner: &Runner<'_>, sources: &Path, log: &str) -> anyhow::Result<Server> {
    let mut words = runner.pipetape(&["emulate", "--listen", "127.0.0.1:0", "--auth", "verify"]);
    for (option, file) in [
        ("--credentials", "credentials.json"),
        ("--jobs", "poller.json"),
    ] {
        words.extend([option.into(), sources.join(file).into()]);
    }
    let fault = "AcknowledgeJob:InvalidNonce:count=1";
    words.extend(["--fault", fault].map(OsString::from));
    runner.serve(&words, log)
}

/// The worker's words after others.
fn words(runner: &Runner<'_>, mut before: Vec<OsString>) -> Vec<OsString> {
    before.extend(runner.worker.command.iter().cloned());
    before.push("poll".into());
    before
}
