//! Asks a pipetape's admin routes, and waits by them for workers that do not report their progress.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use std::{slice, thread};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::program::Running;
use super::server::Server;

/// `GET /_pipetape/ROUTE`.
///
/// # Errors
///
/// There is no answer, or it is not a 200 with JSON.
pub(crate) fn get(address: &str, route: &str) -> anyhow::Result<Value> {
    call(address, "GET", route, "")
}

/// `POST /_pipetape/ROUTE` with a body.
///
/// # Errors
///
/// As [`get`].
pub(crate) fn post(address: &str, route: &str, body: &str) -> anyhow::Result<Value> {
    call(address, "POST", route, body)
}

fn call(address: &str, method: &str, route: &str, body: &str) -> anyhow::Result<Value> {
    let name = format!("{method} {route}");
    let answer =
        exchange(address, method, route, body).with_context(|| format!("no answer to {name}"))?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("not an HTTP answer")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    ensure!(status == "200", "{name}: status {status}: {body}");
    serde_json::from_str(body).with_context(|| format!("{name}: not JSON"))
}

/// One call on a connection of its own: the answer ends with the connection.
fn exchange(address: &str, method: &str, route: &str, body: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let length = body.len();
    let request = format!(
        "{method} /_pipetape/{route} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

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
        let jobs = get(emulator.address(), "jobs")?;
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
        let unplayed = get(address, route)?;
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
