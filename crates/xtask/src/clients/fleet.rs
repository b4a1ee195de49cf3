//! Several workers at once, and a service that fails now and then.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::{
    Client, admin,
    program::{Surroundings, Worker, last_lines, signal, wait},
    runner::{DONE, Runner},
    server::Server,
};

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

/// Longest for all the jobs. The workers take about a minute.
const PATIENCE: Duration = Duration::from_secs(240);

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
    let mut fleet = Fleet::default();
    for (client, worker) in workers {
        fleet.start(*client, worker, &emulator, directory)?;
    }
    wait_for_ends(&emulator)?;
    fleet.stop()?;
    histories_hold(&emulator, workers)?;
    let faults = &admin::get(emulator.address(), "health")?["faults"];
    ensure!(
        faults.as_u64() >= Some(FEWEST_FAULTS),
        "only {faults} faults were injected"
    );
    emulator.stop(DONE)
}

/// Workers that run. Dropped, they are killed.
#[derive(Debug, Default)]
struct Fleet(Vec<(Client, Child, PathBuf)>);

impl Fleet {
    fn start(
        &mut self,
        client: Client,
        worker: &Worker,
        emulator: &Server,
        directory: &Path,
    ) -> anyhow::Result<()> {
        let stderr = directory.join(format!("{client}.stderr"));
        let surroundings = Surroundings::new(directory)
            .with_path(worker.path.as_deref())
            .with_keys()
            .with("AWS_ENDPOINT_URL_CODEPIPELINE", emulator.url());
        let mut words = worker.command.clone();
        words.push("poll".into());
        let child = surroundings
            .command(&words)?
            .stdout(Stdio::null())
            .stderr(File::create(&stderr)?)
            .spawn()
            .with_context(|| format!("can't run the worker of {client}"))?;
        self.0.push((client, child, stderr));
        Ok(())
    }

    /// Stops the workers as an operator does.
    fn stop(&mut self) -> anyhow::Result<()> {
        for (_, child, _) in &self.0 {
            signal("TERM", &child.id().to_string());
        }
        for (client, mut child, stderr) in self.0.drain(..) {
            let status = wait(&mut child, Duration::from_secs(60))?;
            ensure!(
                status.code() == Some(DONE),
                "the worker of {client} ended with {status}: {}",
                last_lines(&stderr)
            );
        }
        Ok(())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for (_, child, _) in &mut self.0 {
            signal("KILL", &format!("-{}", child.id()));
            // It is gone, whatever this says.
            let _ = child.wait();
        }
    }
}

fn is_end(status: &Value) -> bool {
    matches!(status.as_str(), Some("Succeeded" | "Failed" | "TimedOut"))
}

/// Waits until no job is left; the fleet has no other way to tell.
fn wait_for_ends(emulator: &Server) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let jobs = admin::get(emulator.address(), "jobs")?;
        let jobs = jobs["jobs"].as_array().context("no jobs")?;
        let left = jobs.iter().filter(|job| !is_end(&job["status"])).count();
        if left == 0 {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            bail!("{left} jobs have not ended after {} s", PATIENCE.as_secs());
        }
        thread::sleep(Duration::from_millis(250));
    }
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
        let agent = match client {
            Client::Boto3 => "Boto3/",
            Client::AwsCliV1 | Client::AwsCliV2 => "aws-cli/",
            Client::JsV3 => "aws-sdk-js/",
            Client::JsV2 => "aws-sdk-nodejs/",
            Client::Rust => "aws-sdk-rust/",
            Client::GoV2 => "aws-sdk-go-v2/",
        };
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
