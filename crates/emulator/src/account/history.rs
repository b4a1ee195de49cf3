//! What happened to a job, in order.

use std::time::SystemTime;

use pipetape_core::Operation;
use pipetape_core::shapes::{JobStatus, Nonce};
use serde::{Serialize, Serializer, ser};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

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
    /// The caller's `User-Agent`, cut where it is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The `x-amzn-RequestId` that the caller was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The nonce that the call was given, or came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Nonce>,
    /// What the caller was told: `ok`, or the error's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The fault that was injected into the call, as in a [`FaultRule`](crate::FaultRule).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Where the job stood afterwards.
    pub status: JobStatus,
}

/// What happens to a job without a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum JobEvent {
    /// It was made.
    Enqueued,
    /// It was made to go on where another job ended with a continuation token.
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

    /// How many entries found no room.
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
