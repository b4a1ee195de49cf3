//! An emulator inside a Rust test.

use std::time::Duration;

use pipetape_core::shapes::{JobId, JobStatus};
use pipetape_serve::{BindError, DateHeader, Running};
use tokio::time::{Instant, sleep};

use crate::account::{EnqueueError, JobView};
use crate::clock::Clock;
use crate::definition::JobDefinition;
use crate::emulator::Emulator;
use crate::tally::EmulatorSummary;

/// How often a job is looked at while its end is waited for: its time can run out without a call.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// An emulator that is being served on a port of its own, until it is stopped or dropped.
#[derive(Debug)]
#[must_use = "it stops when it is dropped"]
pub struct RunningEmulator(Running<Emulator>);

/// A job's end that did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaitError {
    /// No job has the id.
    #[error(
        "no job has the id `{0}`: it was never made, or ended so long ago that it is forgotten"
    )]
    Unknown(JobId),
    /// The job has not ended in time.
    #[error(
        "job `{id}` is {status} after {}: is the worker pointed at the emulator, and does it poll for the job's action type?",
        humantime::format_duration(*patience)
    )]
    Late {
        /// The job.
        id: JobId,
        /// Its status.
        status: JobStatus,
        /// How long its end was waited for.
        patience: Duration,
    },
}

impl Emulator {
    /// Serves it on a free port of 127.0.0.1, in a task of the current tokio runtime. A client that blocks its thread
    /// needs a runtime with more than one.
    ///
    /// # Errors
    ///
    /// The system has no port to give.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn start(self) -> Result<RunningEmulator, BindError> {
        // The service sends the date, and SDKs set their clock by it.
        Running::start(self, DateHeader::Current)
            .await
            .map(RunningEmulator)
    }
}

impl RunningEmulator {
    /// The endpoint URL, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// Makes a job.
    ///
    /// # Errors
    ///
    /// Its id is taken, or there are too many jobs.
    pub fn enqueue(&self, job: JobDefinition) -> Result<JobId, EnqueueError> {
        self.0.service().enqueue(job)
    }

    /// A job with its history.
    pub fn job(&self, id: &JobId) -> Option<JobView> {
        self.0.service().job(id)
    }

    /// Every job that is kept, in order of creation, without histories.
    pub fn jobs(&self) -> Vec<JobView> {
        self.0.service().jobs()
    }

    /// Waits until a job has succeeded, failed or timed out, at most for `patience` of tokio's time, whatever the
    /// emulator's clock says; gives it with its history.
    ///
    /// # Errors
    ///
    /// There is no such job, or it has not ended by then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn end_of(&self, id: &JobId, patience: Duration) -> Result<JobView, WaitError> {
        let began = Instant::now();
        loop {
            let job = self.job(id).ok_or_else(|| WaitError::Unknown(id.clone()))?;
            if job.status.is_end() {
                return Ok(job);
            }
            if began.elapsed() >= patience {
                return Err(WaitError::Late {
                    id: job.id,
                    status: job.status,
                    patience,
                });
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// What it did so far, in numbers.
    pub fn summary(&self) -> EmulatorSummary {
        self.0.service().summary()
    }

    /// Its clock, which can be moved.
    pub fn clock(&self) -> &Clock {
        self.0.service().clock()
    }

    /// Stops: what is in flight gets [`Limits::drain`](pipetape_serve::Limits::drain) to finish.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}
