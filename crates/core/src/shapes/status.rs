//! What became of a job, and how many are asked for.

use crate::schema::{enumeration, number};

enumeration! {
    /// Where a job stands.
    ///
    /// After `AcknowledgeJob`, only [`JobStatus::InProgress`] means that the job is the caller's;
    /// at any other status the worker leaves it alone.
    pub enum JobStatus {
        /// Made, not yet to be had by a poll.
        Created = "Created",
        /// Waiting for a poll.
        Queued = "Queued",
        /// Handed out by a poll, not yet acknowledged.
        Dispatched = "Dispatched",
        /// Acknowledged: a worker is at it.
        InProgress = "InProgress",
        /// Not finished in time.
        TimedOut = "TimedOut",
        /// Finished well, as its worker reported.
        Succeeded = "Succeeded",
        /// Failed, as its worker reported.
        Failed = "Failed",
    }
}

impl JobStatus {
    /// Whether nothing can happen to the job any more: it succeeded, failed or timed out.
    ///
    /// ```
    /// use pipetape_core::shapes::JobStatus;
    ///
    /// assert!(JobStatus::TimedOut.is_end());
    /// assert!(!JobStatus::InProgress.is_end());
    /// ```
    pub fn is_end(&self) -> bool {
        matches!(
            self,
            JobStatus::Succeeded | JobStatus::Failed | JobStatus::TimedOut
        )
    }
}

number! {
    /// How many jobs a poll wants at most: 1 or more, without an upper bound.
    pub struct MaxBatchSize(Some(1), None);
}
