//! One job.

use std::time::{Duration, SystemTime};

use pipetape_core::shapes::{AccountId, ActionTypeId, JobData, JobId, Nonce};

use super::history::{History, HistoryEntry, JobEvent};
use crate::definition::Client;
use crate::lifecycle::State;

/// One job: what it is about, where it stands, and how it got there.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) account_id: AccountId,
    pub(super) action_type: ActionTypeId,
    /// For a third-party job, whose it is.
    pub(super) client: Option<Client>,
    pub(super) data: JobData,
    pub(super) state: State,
    /// Grows with each change of state: a deadline set in an earlier state is void.
    pub(super) generation: u32,
    /// The nonce of the latest hand-out.
    pub(super) nonce: Option<Nonce>,
    /// How long it may be in progress.
    pub(super) timeout: Option<Duration>,
    /// When the action must be done, with all its jobs.
    pub(super) action_deadline: SystemTime,
    /// The job whose continuation token it carries.
    pub(super) continues: Option<JobId>,
    /// The job that goes on from it.
    pub(super) continued_by: Option<JobId>,
    pub(super) history: History,
}

impl Job {
    pub(super) fn note(&mut self, at: SystemTime, event: JobEvent) {
        let entry = HistoryEntry::event(at, event, self.state.status());
        self.history.push(entry);
    }
}
