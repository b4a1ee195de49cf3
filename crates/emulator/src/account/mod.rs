//! The emulated account in its region: its jobs, action types and revisions, and the operations on
//! them.

mod action_types;
mod history;
mod job;
mod jobs;
mod operations;
mod revisions;
mod state;

pub use history::{HistoryEntry, JobEvent};
pub use job::JobView;
pub use jobs::EnqueueError;

pub(crate) use history::{Caller, JobFault, timestamp};
pub(crate) use jobs::Times;
pub(crate) use state::Account;
