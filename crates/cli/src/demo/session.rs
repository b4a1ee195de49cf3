//! What happens in a demo, in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pipetape_emulator::{Emulator, EmulatorConfig, JobView, jobs_from_json};
use pipetape_proxy::{RecordConfig, Recorder, Sign, UpstreamUrl, UpstreamUrlError};
use pipetape_replay::{Replay, ReplayConfig, ReplaySummary};
use pipetape_serve::{DateHeader, Limits};
use pipetape_tape::{RecordMode, Rules, Store, StoreError, Tape, TapeName, TapeWriter};

use super::client::CLIENT;
use super::error::{DemoError, WorkError};
use super::server::Server;
use super::worker::{Seen, Worker};
use crate::failure::Failure;

const JOBS: &[u8] = include_bytes!("jobs.json");
/// An upstream in the same process answers at once, or never.
const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(10);

/// What a demo brought about.
#[derive(Debug)]
pub(crate) struct Session {
    /// The jobs with their histories, as the service saw them.
    pub(super) jobs: Vec<JobView>,
    /// What the worker saw while it was recorded.
    pub(super) recorded: Vec<Seen>,
    /// What was kept of that.
    pub(super) tape: Tape,
    /// What the worker saw when the tape was played.
    pub(super) replayed: Vec<Seen>,
    /// How far it came then.
    pub(super) replay: Result<(), WorkError>,
    /// What the player counted.
    pub(super) played: ReplaySummary,
}

/// Records a worker between two jobs on the tape of this name, and plays the tape to the same worker. `rules`
/// are those of the new tape.
pub(crate) async fn run(store: &Store, name: &TapeName, rules: Rules) -> Result<Session, Failure> {
    check_place(store, name)?;
    let writer = store.record(name, RecordMode::Overwrite, rules)?;
    let (jobs, recorded) = record(writer).await?;
    let tape = store.load(name)?;
    let player = Arc::new(Replay::new(tape.clone(), ReplayConfig::default()));
    let server = Server::start(
        Server::bind().await?,
        Arc::clone(&player),
        DateHeader::AsGiven,
    );
    let (replayed, replay) = work(server.address()).await;
    server.stop().await;
    Ok(Session {
        jobs,
        recorded,
        tape,
        replayed,
        replay,
        played: player.summary(),
    })
}

/// Job service and recorder, for as long as the worker works. Both are gone afterwards.
async fn record(writer: TapeWriter) -> Result<(Vec<JobView>, Vec<Seen>), Failure> {
    let jobs = jobs_from_json(JOBS).map_err(DemoError::from)?;
    let emulator = Arc::new(Emulator::new(EmulatorConfig::default(), jobs)?);
    let service = Server::start(
        Server::bind().await?,
        Arc::clone(&emulator),
        DateHeader::Current,
    );
    let listener = Server::bind().await?;
    let config = config(service.address(), listener.local_addr()).map_err(DemoError::from)?;
    let recorder = Recorder::new(config, writer.clone())?;
    let recording = Server::start(listener, recorder, DateHeader::AsGiven);
    let (seen, worked) = work(recording.address()).await;
    recording.stop().await;
    service.stop().await;
    writer.finish().await?;
    worked.map_err(DemoError::from)?;
    let jobs = emulator.jobs();
    let jobs = jobs.iter().filter_map(|job| emulator.job(&job.id));
    Ok((jobs.collect(), seen))
}

/// Lets the worker work at this address; gives what it saw, and whether it came through.
async fn work(address: SocketAddr) -> (Vec<Seen>, Result<(), WorkError>) {
    match Worker::connect(address).await {
        Ok(mut worker) => {
            let worked = worker.work().await;
            (worker.into_seen(), worked)
        }
        Err(error) => (Vec::new(), Err(error)),
    }
}

/// The service checks no signature, so the worker has none, and nobody needs credentials.
fn config(service: SocketAddr, listen: SocketAddr) -> Result<RecordConfig, UpstreamUrlError> {
    Ok(RecordConfig {
        upstream: Some(format!("http://{service}").parse::<UpstreamUrl>()?),
        upstream_ca: None,
        resolve: Vec::new(),
        intercept: None,
        sign: Sign::Keep,
        profile: None,
        region: None,
        listen,
        max_body: Limits::default().max_body,
        upstream_timeout: UPSTREAM_TIMEOUT,
        admin_token: None,
    })
}

/// Nobody's recording is replaced but an earlier demo's.
fn check_place(store: &Store, name: &TapeName) -> Result<(), Failure> {
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
