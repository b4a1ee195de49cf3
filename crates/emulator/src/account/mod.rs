//! The emulated account in its region: its jobs, action types and revisions, and the operations on
//! them.

mod action_types;
mod call_record;
mod history;
mod job;
mod jobs;
mod operations;
mod query;
mod revisions;
mod state;
mod view;

pub use history::{HistoryEntry, JobEvent};
pub use jobs::EnqueueError;
pub use view::JobView;

pub(crate) use call_record::{Caller, JobFault};
pub(crate) use history::timestamp;
pub(crate) use jobs::Times;
pub(crate) use state::Account;
