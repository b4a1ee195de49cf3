//! What happens in a demo, in order.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pipetape_emulator::{Emulator, EmulatorConfig, JobView, jobs_from_json};
use pipetape_proxy::{RecordConfig, Recorder, Sign, UpstreamUrl, UpstreamUrlError};
use pipetape_replay::{Replay, Report};
use pipetape_serve::{DateHeader, Listener, Running};
use pipetape_tape::{
    PlayerConfig, RecordMode, Rules, Store, StoreError, Tape, TapeName, TapeWriter,
};

use super::client::CLIENT;
use super::error::{DemoError, WorkError};
use super::worker::Worker;
use crate::failure::Failure;

const JOBS: &[u8] = include_bytes!("jobs.json");
/// An upstream in the same process answers at once, or never.
const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(10);

/// What a worker did while it was recorded, and the tape of it.
#[derive(Debug)]
pub(super) struct Recording {
    /// The jobs with their histories, as the service saw them.
    pub(super) jobs: Vec<JobView>,
    /// The bodies of the answers that the worker was given, in order.
    pub(super) answers: Vec<Bytes>,
    pub(super) tape: Tape,
}

/// What the replay of a tape to the same worker came to.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) report: Report,
    /// Whether the worker did all of its work.
    pub(super) worked: Result<(), WorkError>,
}

impl Replayed {
    /// Whether every request got an answer from the tape, and every exchange was used.
    pub(super) fn is_complete(&self) -> bool {
        let summary = &self.report.summary;
        self.worked.is_ok() && summary.missed == 0 && summary.unplayed == 0
    }
}

/// Records a worker with two jobs on the tape of this name. `rules` are those of the new tape.
pub(super) async fn record(
    store: &Store,
    name: &TapeName,
    rules: Rules,
) -> Result<Recording, Failure> {
    check_name(store, name)?;
    let writer = store.record(name, RecordMode::Overwrite, rules)?;
    let (jobs, answers) = record_with(writer).await?;
    Ok(Recording {
        jobs,
        answers,
        tape: store.load(name)?,
    })
}

/// Plays a tape to the same worker.
pub(super) async fn replay(tape: Tape) -> Result<Replayed, Failure> {
    let replay = Arc::new(Replay::new(tape, PlayerConfig::default()));
    let server = Running::start(Arc::clone(&replay), DateHeader::AsGiven).await?;
    let (_, worked) = work(server.address()).await;
    server.stop().await;
    Ok(Replayed {
        report: replay.report(),
        worked,
    })
}

/// Runs a job service and a recorder until the worker is done. Both have stopped afterwards.
async fn record_with(writer: TapeWriter) -> Result<(Vec<JobView>, Vec<Bytes>), Failure> {
    let jobs = jobs_from_json(JOBS).map_err(DemoError::from)?;
    let emulator = Arc::new(Emulator::new(EmulatorConfig::default(), jobs)?);
    let service = Running::start(Arc::clone(&emulator), DateHeader::Current).await?;
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
    let config = config(service.address(), listener.local_addr()).map_err(DemoError::from)?;
    let recorder = Recorder::new(config, writer.clone())?;
    let recording = Running::on(listener, recorder, DateHeader::AsGiven);
    let (answers, worked) = work(recording.address()).await;
    recording.stop().await;
    service.stop().await;
    writer.finish().await?;
    worked.map_err(DemoError::from)?;
    let jobs = emulator.jobs();
    let jobs = jobs.iter().filter_map(|job| emulator.job(&job.id));
    Ok((jobs.collect(), answers))
}

/// Lets the worker work at this address; returns the bodies of the answers that it was given, and
/// whether it did all of its work.
async fn work(address: SocketAddr) -> (Vec<Bytes>, Result<(), WorkError>) {
    match Worker::connect(address).await {
        Ok(mut worker) => {
            let worked = worker.work().await;
            (worker.into_answers(), worked)
        }
        Err(error) => (Vec::new(), Err(error)),
    }
}

/// The service checks no signature, so the worker has none, and no credentials are needed.
fn config(service: SocketAddr, listen: SocketAddr) -> Result<RecordConfig, UpstreamUrlError> {
    Ok(RecordConfig {
        upstream: Some(format!("http://{service}").parse::<UpstreamUrl>()?),
        sign: Sign::Keep,
        upstream_timeout: UPSTREAM_TIMEOUT,
        ..RecordConfig::new(listen)
    })
}

/// Refuses to replace a tape that is not an earlier demo's.
fn check_name(store: &Store, name: &TapeName) -> Result<(), Failure> {
    let tape = match store.load(name) {
        Ok(tape) => tape,
        Err(StoreError::NoSuchTape { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let is_ours =
        |(name, value): &(String, String)| name == "user-agent" && value.starts_with(CLIENT);
    let mut exchanges = tape.exchanges.iter();
    if exchanges.all(|exchange| exchange.request.headers.iter().flatten().any(is_ours)) {
        Ok(())
    } else {
        Err(DemoError::ForeignTape { name: name.clone() }.into())
    }
}
