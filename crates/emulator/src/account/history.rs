//! What happened to a job, in order: each call is carried out here, with an entry in the history of
//! every job that it touches.

use std::time::SystemTime;

use pipetape_core::Operation;
use pipetape_core::protocol::{Call, Reply, ServiceError};
use pipetape_core::shapes::{JobId, JobStatus, Nonce};
use serde::{Serialize, Serializer, ser};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::jobs::Number;
use super::state::Account;
use crate::lifecycle::Event;
use crate::operations::Operations;

/// One thing that happened to a job: a call that touched it, or an event of the emulator's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When, by the emulator's clock.
    #[serde(serialize_with = "timestamp")]
    pub at: SystemTime,
    /// The call, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The event, if it was no call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<JobEvent>,
    /// The access key that signed the call. Nobody checked it unless signatures are verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// The caller's `User-Agent`, cut if it is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The `x-amzn-RequestId` that the caller was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The nonce that the call was given, or came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Nonce>,
    /// What the caller was given: `ok`, or the error's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The fault that was injected into the call, as in a [`FaultRule`](crate::FaultRule).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The job's status afterwards.
    pub status: JobStatus,
}

/// What happens to a job without a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum JobEvent {
    /// It was made.
    Enqueued,
    /// It was made to continue another job that ended with a continuation token.
    Continued,
    /// Polls can have it.
    Queued,
    /// Nobody acknowledged it in time, so polls can have it again.
    Returned,
    /// Its time was up.
    TimedOut,
}

impl HistoryEntry {
    pub(super) fn event(at: SystemTime, event: JobEvent, status: JobStatus) -> HistoryEntry {
        HistoryEntry {
            at,
            operation: None,
            event: Some(event),
            access_key_id: None,
            user_agent: None,
            request_id: None,
            nonce: None,
            outcome: None,
            fault: None,
            status,
        }
    }
}

/// A job's entries, of which a hostile caller can't make more than a bound.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    entries: Vec<HistoryEntry>,
    omitted: u64,
}

impl History {
    /// How many entries are kept of one job: a worker makes about five.
    const MOST: usize = 1_000;

    pub(super) fn push(&mut self, entry: HistoryEntry) {
        if self.entries.len() < History::MOST {
            self.entries.push(entry);
        } else {
            self.omitted += 1;
        }
    }

    pub(super) fn entries(&self) -> &[HistoryEntry] {
        &self.entries
    }

    /// How many entries were beyond the limit.
    pub(super) fn omitted(&self) -> u64 {
        self.omitted
    }
}

const MILLISECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A point in time, in RFC 3339 with milliseconds.
pub(crate) fn timestamp<S: Serializer>(
    time: &SystemTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = OffsetDateTime::from(*time).format(MILLISECONDS);
    serializer.serialize_str(&text.map_err(ser::Error::custom)?)
}

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_entry_shows_what_there_is() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_225_600_050);
        let entry = HistoryEntry::event(at, JobEvent::TimedOut, JobStatus::TimedOut);
        insta::assert_snapshot!(
            serde_json::to_string(&entry).unwrap(),
            @r#"{"at":"2026-01-01T00:00:00.050Z","event":"timedOut","status":"TimedOut"}"#
        );
    }

    #[test]
    fn a_history_is_bounded() {
        let mut history = History::default();
        let at = SystemTime::UNIX_EPOCH;
        for _ in 0..History::MOST + 5 {
            history.push(HistoryEntry::event(at, JobEvent::Queued, JobStatus::Queued));
        }
        assert_eq!(
            (history.entries().len(), history.omitted()),
            (History::MOST, 5)
        );
    }
}
