//! Findings: what a session's requests say about its worker, whatever they were answered.
//!
//! Four things are told, always as warnings:
//!
//! - [`FindingRule::ResultSentTwice`]: a job's result came again after one had been accepted. The same
//!   `amz-sdk-invocation-id` is a retry of one call, and none. Nor is a result behind one with a continuation token,
//!   unless the service refused it, nor one behind a new hand-out of the job.
//! - [`FindingRule::WorkedOnAfterRefusal`]: a result, or a call for a custom job's details, came after the job's
//!   acknowledge was refused: an error of the service (throttling and 5xx are none), or a status other than
//!   `InProgress`. Details of a third-party job are how its nonce is had, so asking for them is none.
//! - [`FindingRule::NonceNeverHandedOut`]: an acknowledge with a nonce that no earlier answer of the session had for that
//!   job. A tape without polls, and without details that have nonces, hands out nothing: its nonces come from elsewhere.
//!   So does one that is on the tape in no answer and was accepted there all the same, as where a recording began late.
//! - [`FindingRule::NeverAcknowledged`]: a poll handed a job out and no acknowledge of it came, however it was answered.
//!
//! It is all read from what was served when somebody asks, by [`Player::findings`](crate::Player::findings); requests
//! that missed count as sent, but as neither accepted nor refused. Ids that break the service's own rules, as on tapes
//! written by hand, are judged like any other.

mod finding;
mod invocation;
mod judge;
mod label;
mod step;

pub use finding::{Finding, FindingRule, Findings};
pub use invocation::Invocation;
pub(crate) use judge::{Ending, HandOuts, Judge};
pub(crate) use step::{Act, Answered, Asked, Step};
