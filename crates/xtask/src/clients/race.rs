//! Several workers that race for the same jobs, recorded on one tape, and that tape played to several at once.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::difference::Kinship;
use super::program::{Running, Worker};
use super::runner::{DONE, Runner};
use super::session::Session;
use super::{Client, admin, fleet};

const JOBS: usize = 30;

/// Workers take two jobs at a time. They get to the first at once and to the second too late: it has been handed to
/// somebody else.
const VISIBILITY: &str = "150ms";

/// Records the workers while they race, then plays the tape to each of them in a session of its own, all at once:
/// each alone sees everything that all saw, in the same order as the others.
///
/// # Errors
///
/// Says what did not hold.
pub(crate) fn check(
    pipetape: &Path,
    directory: &Path,
    workers: &[(Client, &Worker)],
) -> anyhow::Result<()> {
    fs::create_dir_all(directory)?;
    let (_, first) = workers.first().context("no workers")?;
    let runner = Runner {
        worker: (*first).clone(),
        pipetape,
        directory: directory.to_owned(),
    };
    let jobs = directory.join("jobs.json");
    let job = json!({ "actionTypeId": { "category": "Build", "owner": "Custom", "provider": "ExampleFleet", "version": "1" } });
    fs::write(&jobs, Value::from(vec![job; JOBS]).to_string())?;
    let mut words = runner.pipetape(&["emulate", "--listen", "127.0.0.1:0"]);
    words.extend(["--visibility", VISIBILITY].map(OsString::from));
    words.extend(["--jobs".into(), jobs.into()]);
    let emulator = runner.serve(&words, "emulator")?;
    let words = ["record", "race", "--listen", "127.0.0.1:0", "--upstream"];
    let mut words = runner.pipetape(&words);
    words.push(emulator.url().into());
    // Its credentials are not checked.
    let recorder = runner.serve_with(&runner.surroundings().with_keys(), &words, "recorder")?;

    let start = |(client, worker): &(Client, &Worker)| {
        fleet::start(*client, worker, recorder.url(), &directory.join("live"))
    };
    fs::create_dir_all(directory.join("live"))?;
    let mut racing: Vec<Running> = workers.iter().map(start).collect::<anyhow::Result<_>>()?;
    admin::until_ended(&emulator, &mut racing, |left| left == 0)?;
    let mut seen = Session::default();
    for worker in racing {
        seen.append(Session::parse(worker.stop()?.lines_if(DONE)?)?);
    }
    recorder.stop(DONE)?;
    emulator.stop(DONE)?;
    ensure!(seen.refusals() > 0, "nobody was too late");

    let tape = runner.export("race")?;
    let mut words = runner.pipetape(&["replay", "--listen", "127.0.0.1:0", "--strict"]);
    words.push(OsString::from(&tape));
    let replay = runner.serve(&words, "replay")?;
    fs::create_dir_all(directory.join("played"))?;
    let start = |(client, worker): &(Client, &Worker)| {
        let url = format!("{}/session/{client}/", replay.url());
        fleet::start(*client, worker, &url, &directory.join("played"))
    };
    let playing: Vec<Running> = workers.iter().map(start).collect::<anyhow::Result<_>>()?;
    let mut played = Vec::new();
    for ((client, _), mut worker) in workers.iter().zip(playing) {
        let route = format!("unplayed?session={client}");
        admin::until_all_is_played(replay.address(), &route, &mut worker)?;
        played.push((client, Session::parse(worker.stop()?.lines_if(DONE)?)?));
    }
    let ((_, one), others) = played.split_first().context("no workers")?;
    one.sorted()
        .must_be(&seen.sorted(), Kinship::Redacted)
        .context("one worker against the tape, and all of them live")?;
    for (client, other) in others {
        other
            .must_be(one, Kinship::Redacted)
            .with_context(|| format!("the session of {client}"))?;
    }
    replay.stop(DONE)
}
