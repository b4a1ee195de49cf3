//! Waits for workers that do not report their progress: asks the server that they work against.

use std::time::{Duration, Instant};
use std::{slice, thread};

use anyhow::{Context, bail};
use serde_json::Value;

use super::admin;
use super::program::Running;
use super::server::Server;

/// Longest for all the jobs. The slowest workers take about a minute.
const PATIENCE: Duration = Duration::from_secs(240);

/// Whether nothing can happen to a job any more.
pub(crate) fn is_end(status: &Value) -> bool {
    matches!(status.as_str(), Some("Succeeded" | "Failed" | "TimedOut"))
}

/// Waits until as many of the emulator's jobs are left as `is_enough` takes.
///
/// # Errors
///
/// The emulator does not say, a worker has ended, or it takes too long.
pub(crate) fn until_ended(
    emulator: &Server,
    workers: &mut [Running],
    is_enough: impl Fn(usize) -> bool,
) -> anyhow::Result<()> {
    until("jobs have not ended", workers, || {
        let jobs = admin::get(emulator.address(), "jobs")?;
        let jobs = jobs["jobs"].as_array().context("no jobs")?;
        let left = jobs.iter().filter(|job| !is_end(&job["status"])).count();
        Ok((left, is_enough(left)))
    })
}

/// Waits until a replay has nothing unplayed by this route: `unplayed`, or that of one session.
///
/// # Errors
///
/// The replay does not say, the worker has ended, or it takes too long.
pub(crate) fn until_all_is_played(
    address: &str,
    route: &str,
    worker: &mut Running,
) -> anyhow::Result<()> {
    until("exchanges are unplayed", slice::from_mut(worker), || {
        let unplayed = admin::get(address, route)?;
        let left = unplayed["unplayed"].as_array().context("no list")?.len();
        Ok((left, left == 0))
    })
}

fn until(
    what: &str,
    workers: &mut [Running],
    ask: impl Fn() -> anyhow::Result<(usize, bool)>,
) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        workers.iter_mut().try_for_each(Running::must_run)?;
        let (left, is_enough) = ask()?;
        if is_enough {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            bail!("{left} {what} after {} s", PATIENCE.as_secs());
        }
        thread::sleep(Duration::from_millis(50));
    }
}
