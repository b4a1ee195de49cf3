//! Carrying out a call, with a trace of it in the history of each job that it touches.

use pipetape_core::Operation;
use pipetape_core::protocol::{Call, Reply, ServiceError};
use pipetape_core::shapes::{JobId, JobStatus, Nonce};

use super::history::{HistoryEntry, JobEvent};
use super::jobs::Number;
use super::state::Account;
use crate::lifecycle::Event;
use crate::operations::Operations;

/// Who makes a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    pub(crate) access_key_id: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) request_id: String,
}

/// Whether a fault lets the job of a call time out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobFault {
    /// It does not.
    None,
    /// After an acknowledge, before a result.
    TimeOut,
}

impl Account {
    /// Carries out a call. `fault` is the fault that the caller will see, if any, for the history.
    pub(crate) fn perform(
        &mut self,
        call: Call,
        caller: &Caller,
        fault: Option<&str>,
        job_fault: JobFault,
    ) -> Result<Reply, ServiceError> {
        let operation = call.operation();
        let named = self.named_job(&call);
        let acknowledges = matches!(
            operation,
            Operation::AcknowledgeJob | Operation::AcknowledgeThirdPartyJob
        );
        let timed_out = named.as_ref().filter(|_| job_fault == JobFault::TimeOut);
        let timed_out = timed_out.map(|(number, _)| *number);
        if let Some(number) = timed_out.filter(|_| !acknowledges) {
            self.time_out(number);
        }
        let answer = self.answer(call);
        self.record(&operation, named, answer.as_ref(), caller, fault);
        if let Some(number) = timed_out.filter(|_| acknowledges && answer.is_ok()) {
            self.time_out(number);
        }
        answer
    }

    /// Notes a call that a fault kept from being carried out, and what its caller saw.
    pub(crate) fn note_faulted(
        &mut self,
        call: &Call,
        caller: &Caller,
        fault: &str,
        seen: Option<&ServiceError>,
    ) {
        let Some((number, nonce)) = self.named_job(call) else {
            return;
        };
        let outcome = seen.map(|error| error.code().name());
        self.push(
            number,
            &call.operation(),
            nonce,
            outcome,
            caller,
            Some(fault),
        );
    }

    fn record(
        &mut self,
        operation: &Operation,
        named: Option<(Number, Option<Nonce>)>,
        answer: Result<&Reply, &ServiceError>,
        caller: &Caller,
        fault: Option<&str>,
    ) {
        let outcome = answer
            .map_or_else(|error| error.code().name(), |_| "ok")
            .to_owned();
        let handed_out = answer.map(handed_out).unwrap_or_default();
        let handed_out = handed_out.into_iter().filter_map(|id| {
            let number = self.jobs.number(id.as_str())?;
            Some((number, self.jobs.get(number)?.nonce.clone()))
        });
        let touched: Vec<_> = named.into_iter().chain(handed_out).collect();
        for (number, nonce) in touched {
            self.push(number, operation, nonce, Some(&outcome), caller, fault);
        }
    }

    fn push(
        &mut self,
        number: Number,
        operation: &Operation,
        nonce: Option<Nonce>,
        outcome: Option<&str>,
        caller: &Caller,
        fault: Option<&str>,
    ) {
        let at = self.jobs.now();
        let Some(job) = self.jobs.get_mut(number) else {
            return;
        };
        let entry = HistoryEntry {
            at,
            operation: Some(operation.clone()),
            event: None,
            access_key_id: caller.access_key_id.clone(),
            user_agent: caller.user_agent.clone(),
            request_id: Some(caller.request_id.clone()),
            nonce,
            outcome: outcome.map(str::to_owned),
            fault: fault.map(str::to_owned),
            status: job.state.status(),
        };
        job.history.push(entry);
    }

    /// Lets the time of a job in progress be up.
    fn time_out(&mut self, number: Number) {
        let at = self.jobs.now();
        let in_progress = self
            .jobs
            .get(number)
            .is_some_and(|job| job.state.status() == JobStatus::InProgress);
        if in_progress
            && self.jobs.apply(number, &Event::TimeOut).is_ok()
            && let Some(job) = self.jobs.get_mut(number)
        {
            job.note(at, JobEvent::TimedOut);
        }
    }

    /// The job that a call names, if there is such a one, and the nonce that it comes with.
    fn named_job(&self, call: &Call) -> Option<(Number, Option<Nonce>)> {
        let (id, nonce) = match call {
            Call::AcknowledgeJob(call) => (call.job_id.as_str(), Some(&call.nonce)),
            Call::AcknowledgeThirdPartyJob(call) => (call.job_id.as_str(), Some(&call.nonce)),
            Call::GetJobDetails(call) => (call.job_id.as_str(), None),
            Call::GetThirdPartyJobDetails(call) => (call.job_id.as_str(), None),
            Call::PutJobFailureResult(call) => (call.job_id.as_str(), None),
            Call::PutJobSuccessResult(call) => (call.job_id.as_str(), None),
            Call::PutThirdPartyJobFailureResult(call) => (call.job_id.as_str(), None),
            Call::PutThirdPartyJobSuccessResult(call) => (call.job_id.as_str(), None),
            _ => return None,
        };
        Some((self.jobs.number(id)?, nonce.cloned()))
    }
}

/// The jobs that a poll was given.
fn handed_out(reply: &Reply) -> Vec<JobId> {
    match reply {
        Reply::PollForJobs(reply) => reply.jobs.iter().filter_map(|job| job.id.clone()).collect(),
        Reply::PollForThirdPartyJobs(reply) => reply
            .jobs
            .iter()
            .filter_map(|job| job.job_id.clone())
            .collect(),
        _ => Vec::new(),
    }
}
