//! The account: what its operations read and change.

use std::collections::BTreeMap;
use std::time::SystemTime;

use pipetape_core::protocol::{ErrorCode, ServiceError};
use pipetape_core::shapes::{ClientToken, ContinuationToken, JobId, JobStatus};

use super::action_types::ActionTypes;
use super::job::JobView;
use super::jobs::{EnqueueError, Jobs, Number, Times};
use super::revisions::Revisions;
use crate::definition::{JobDefinition, MadeUp};
use crate::guesses::Guesses;
use crate::lifecycle::{Event, Refusal};

/// The account and all it has.
#[derive(Debug)]
pub(crate) struct Account {
    pub(super) made_up: MadeUp,
    pub(super) guesses: Guesses,
    pub(super) jobs: Jobs,
    pub(super) action_types: ActionTypes,
    pub(super) revisions: Revisions,
}

impl Account {
    pub(crate) fn new(made_up: MadeUp, times: Times, guesses: Guesses, now: SystemTime) -> Account {
        Account {
            made_up,
            jobs: Jobs::new(times, guesses.clone(), now),
            guesses,
            action_types: ActionTypes::default(),
            revisions: Revisions::default(),
        }
    }

    /// Lets the time pass until `now`. Everything that reads or changes state does this first.
    pub(crate) fn settle(&mut self, now: SystemTime) {
        self.jobs.settle(now);
    }

    pub(crate) fn enqueue(&mut self, definition: JobDefinition) -> Result<JobId, EnqueueError> {
        let number = self.jobs.enqueue(definition, &self.made_up)?;
        let job = self.jobs.get(number);
        Ok(job.map_or_else(|| self.made_up.job_id(number), |job| job.id.clone()))
    }

    /// Makes jobs: all, or none if an id is taken.
    pub(crate) fn enqueue_all(
        &mut self,
        definitions: Vec<JobDefinition>,
    ) -> Result<Vec<JobId>, EnqueueError> {
        let ids = definitions
            .iter()
            .filter_map(|definition| definition.id.as_ref());
        for id in ids {
            if self.jobs.number(id.as_str()).is_some() {
                return Err(EnqueueError::IdTaken(id.clone()));
            }
        }
        let definitions = definitions.into_iter();
        definitions
            .map(|definition| self.enqueue(definition))
            .collect()
    }

    /// A job with its history.
    pub(crate) fn job(&self, id: &str) -> Option<JobView> {
        let job = self.jobs.get(self.jobs.number(id)?)?;
        Some(JobView::whole(job))
    }

    /// Every job, in order of creation, without its history.
    pub(crate) fn jobs(&self) -> Vec<JobView> {
        self.jobs.all().map(JobView::short).collect()
    }

    /// How many jobs have each status. Every status is there.
    pub(crate) fn count(&self) -> BTreeMap<JobStatus, usize> {
        let mut counts: BTreeMap<_, _> = JobStatus::ALL.iter().map(|s| (s.clone(), 0)).collect();
        for job in self.jobs.all() {
            *counts.entry(job.state.status()).or_default() += 1;
        }
        counts
    }

    /// A custom action's job.
    pub(super) fn custom_job(&self, id: &str) -> Result<Number, ServiceError> {
        let number = self.jobs.number(id);
        number
            .filter(|number| {
                self.jobs
                    .get(*number)
                    .is_some_and(|job| job.client.is_none())
            })
            .ok_or_else(|| self.refused(Refusal::JobNotFound))
    }

    /// A third-party action's job, for a worker that knows the right token.
    pub(super) fn third_party_job(
        &self,
        id: &str,
        token: &ClientToken,
    ) -> Result<Number, ServiceError> {
        let number = self.jobs.number(id);
        let job = number.and_then(|number| self.jobs.get(number));
        match (number, job.and_then(|job| job.client.as_ref())) {
            (Some(number), Some(client)) if client.token == *token => Ok(number),
            (Some(_), Some(_)) => Err(ServiceError::new(
                ErrorCode::InvalidClientToken,
                self.guesses.texts.invalid_client_token.clone(),
            )),
            _ => Err(self.refused(Refusal::JobNotFound)),
        }
    }

    /// Ends a job, and continues it in another if there is a continuation token.
    pub(super) fn end(
        &mut self,
        number: Number,
        event: &Event,
        token: Option<ContinuationToken>,
    ) -> Result<(), ServiceError> {
        self.apply(number, event)?;
        if let Some(token) = token {
            let gone_on = self.jobs.go_on(number, token, &self.made_up);
            // The job that has just ended makes room at the latest, so there always is some.
            debug_assert!(gone_on.is_ok(), "{gone_on:?}");
        }
        Ok(())
    }

    pub(super) fn apply(&mut self, number: Number, event: &Event) -> Result<(), ServiceError> {
        let applied = self.jobs.apply(number, event);
        applied.map_err(|refusal| self.refused(refusal))
    }

    fn refused(&self, refusal: Refusal) -> ServiceError {
        let texts = &self.guesses.texts;
        let (code, text) = match refusal {
            Refusal::InvalidNonce => (ErrorCode::InvalidNonce, &texts.invalid_nonce),
            Refusal::JobNotFound => (ErrorCode::JobNotFound, &texts.job_not_found),
            Refusal::InvalidJobState | Refusal::Unfit => {
                (ErrorCode::InvalidJobState, &texts.invalid_job_state)
            }
        };
        ServiceError::new(code, text.clone())
    }
}
