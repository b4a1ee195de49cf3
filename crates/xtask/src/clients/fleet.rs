//! Several workers at once, and a service that fails now and then.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::Client;
use super::admin::{self, is_end};
use super::program::{Running, Surroundings, Worker};
use super::runner::{DONE, Runner};
use super::server::Server;

const JOBS: usize = 200;

/// Everything that can go wrong with a call, now and then.
const FAULTS: [&str; 8] = [
    "*:throttle:probability=0.03",
    "*:503:probability=0.02",
    "*:reset:probability=0.02",
    "*:reset=after:probability=0.02",
    "*:delay=50ms:probability=0.05",
    "AcknowledgeJob:InvalidNonce:probability=0.03",
    "AcknowledgeJob:timeout-job:probability=0.02",
    "PutJobSuccessResult:JobNotFound:probability=0.02",
];

/// Faults hit about every tenth of some 700 calls.
const FEWEST_FAULTS: u64 = 20;

/// Runs workers of these clients side by side until every job has ended, and checks the histories.
///
/// # Errors
///
/// Says what did not hold.
pub(crate) fn check(
    pipetape: &Path,
    directory: &Path,
    workers: &[(Client, &Worker)],
) -> anyhow::Result<()> {
    let (_, first) = workers.first().context("no workers")?;
    fs::create_dir_all(directory)?;
    let runner = Runner {
        worker: (*first).clone(),
        pipetape,
        directory: directory.to_owned(),
    };
    let jobs = directory.join("jobs.json");
    let job = json!({ "actionTypeId": { "category": "Build", "owner": "Custom", "provider": "ExampleFleet", "version": "1" } });
    fs::write(&jobs, Value::from(vec![job; JOBS]).to_string())?;
    let mut words = runner.pipetape(&["emulate", "--listen", "127.0.0.1:0", "--visibility", "3s"]);
    words.extend(["--job-timeout".into(), "10s".into()]);
    words.extend(["--jobs".into(), jobs.into()]);
    words.extend(
        FAULTS
            .iter()
            .flat_map(|rule| ["--fault".into(), rule.into()]),
    );
    let emulator = runner.serve(&words, "emulator")?;
    let start =
        |(client, worker): &(Client, &Worker)| start(*client, worker, emulator.url(), directory);
    let mut running: Vec<Running> = workers.iter().map(start).collect::<anyhow::Result<_>>()?;
    admin::until_ended(&emulator, &mut running, |left| left == 0)?;
    for ((client, _), worker) in workers.iter().zip(running) {
        let ended = worker.stop()?;
        ended.lines_if(DONE).with_context(|| client.to_string())?;
    }
    histories_hold(&emulator, workers)?;
    let faults = &admin::get(emulator.address(), "health")?["faults"];
    ensure!(
        faults.as_u64() >= Some(FEWEST_FAULTS),
        "only {faults} faults were injected"
    );
    emulator.stop(DONE)
}

/// Starts a worker that takes jobs from `url` until it is stopped.
pub(super) fn start(
    client: Client,
    worker: &Worker,
    url: &str,
    directory: &Path,
) -> anyhow::Result<Running> {
    let surroundings = Surroundings::new(directory)
        .with_path(worker.path.as_deref())
        .with_keys()
        .with("AWS_ENDPOINT_URL_CODEPIPELINE", url);
    let mut words = worker.command.clone();
    words.push("poll".into());
    let log = directory.join(client.name());
    Running::start(&mut surroundings.command(&words)?, &log)
}

/// Checks that each job ended once, was acknowledged at most once, and that every worker ended some.
fn histories_hold(emulator: &Server, workers: &[(Client, &Worker)]) -> anyhow::Result<()> {
    let jobs = admin::get(emulator.address(), "jobs")?;
    let jobs = jobs["jobs"].as_array().context("no jobs")?;
    ensure!(jobs.len() == JOBS, "{} jobs", jobs.len());
    let mut by_agent: BTreeMap<String, usize> = BTreeMap::new();
    for job in jobs {
        let id = job["id"].as_str().context("a job without an id")?;
        let job = admin::get(emulator.address(), &format!("jobs/{id}"))?;
        let history = job["history"].as_array().context("no history")?;
        let mut ends = 0;
        let mut acknowledged = 0;
        let mut before = &Value::Null;
        for entry in history {
            let status = &entry["status"];
            ensure!(
                !is_end(before) || status == before,
                "job {id} went from {before} to {status}"
            );
            if is_end(status) && !is_end(before) {
                ends += 1;
                if let Some(agent) = entry["userAgent"].as_str() {
                    *by_agent.entry(agent.to_owned()).or_default() += 1;
                }
            }
            acknowledged += usize::from(status == "InProgress" && before != "InProgress");
            before = status;
        }
        ensure!(ends == 1, "job {id} ended {ends} times");
        ensure!(
            acknowledged == 1,
            "job {id} was acknowledged {acknowledged} times"
        );
    }
    for (client, _) in workers {
        let agent = client.user_agent();
        let ended: usize = by_agent
            .iter()
            .filter(|(name, _)| name.contains(agent))
            .map(|(_, ended)| ended)
            .sum();
        eprintln!("{client} ended {ended} of {JOBS} jobs");
        ensure!(ended > 0, "{client} ended no job");
    }
    Ok(())
}
