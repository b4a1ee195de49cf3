//! One job, and how it is shown to people.

use std::time::{Duration, SystemTime};

use pipetape_core::shapes::{
    AccountId, ActionTypeId, ClientId, JobData, JobId, JobStatus, Nonce, PipelineName,
};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::history::{History, HistoryEntry, JobEvent};
use crate::definition::Client;
use crate::lifecycle::State;

/// One job: what it is about, its state, and its history.
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
    /// The job that continues it.
    pub(super) continued_by: Option<JobId>,
    pub(super) history: History,
}

impl Job {
    pub(super) fn note(&mut self, at: SystemTime, event: JobEvent) {
        let entry = HistoryEntry::event(at, event, self.state.status());
        self.history.push(entry);
    }
}

/// A job as it is now. Its configuration, credentials and tokens are not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    /// What names it.
    pub id: JobId,
    /// Its status.
    pub status: JobStatus,
    /// Its action type.
    #[serde(serialize_with = "action_type")]
    pub action_type_id: ActionTypeId,
    /// Its pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_name: Option<PipelineName>,
    /// For a third-party job, the client it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The nonce of its latest hand-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Nonce>,
    /// The job whose continuation token it carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<JobId>,
    /// The job that carries its continuation token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continued_by: Option<JobId>,
    /// Everything that happened to it, in order. Absent from lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<HistoryEntry>>,
    /// How many further entries were beyond the history's limit.
    #[serde(skip_serializing_if = "is_zero")]
    pub history_omitted: u64,
}

impl JobView {
    /// With its history.
    pub(super) fn whole(job: &Job) -> JobView {
        JobView {
            history: Some(job.history.entries().to_vec()),
            history_omitted: job.history.omitted(),
            ..JobView::short(job)
        }
    }

    /// Without its history.
    pub(super) fn short(job: &Job) -> JobView {
        let context = job.data.pipeline_context.as_ref();
        JobView {
            id: job.id.clone(),
            status: job.state.status(),
            action_type_id: job.action_type.clone(),
            pipeline_name: context.and_then(|context| context.pipeline_name.clone()),
            client_id: job.client.as_ref().map(|client| client.id.clone()),
            nonce: job.nonce.clone(),
            continues: job.continues.clone(),
            continued_by: job.continued_by.clone(),
            history: None,
            history_omitted: 0,
        }
    }
}

fn action_type<S: Serializer>(id: &ActionTypeId, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(4))?;
    map.serialize_entry("category", &id.category)?;
    map.serialize_entry("owner", &id.owner)?;
    map.serialize_entry("provider", &id.provider)?;
    map.serialize_entry("version", &id.version)?;
    map.end()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
