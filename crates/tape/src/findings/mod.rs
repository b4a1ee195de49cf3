//! Findings: what a session's requests say about its worker, whatever they were answered.
//!
//! There are four kinds, all of them warnings:
//!
//! - [`FindingRule::ResultSentTwice`]: a job's result came again after one had been accepted. Not a
//!   finding: a retry of one call, which has the same `amz-sdk-invocation-id`; a result after one
//!   with a continuation token, unless the service refused it; a result after a new hand-out of the
//!   job.
//! - [`FindingRule::WorkedOnAfterRefusal`]: a result, or a call for a custom job's details, came
//!   after the job's acknowledge was refused: an error of the service (other than throttling and
//!   5xx), or a status other than `InProgress`. A worker gets the nonce of a third-party job from
//!   its details, so asking for those is not a finding.
//! - [`FindingRule::NonceNeverHandedOut`]: an acknowledge with a nonce that no earlier answer of
//!   the session had for that job. If a tape has neither polls nor details with nonces, its nonces
//!   come from elsewhere, and there is no finding. Nor is there for a nonce that no answer on the
//!   tape has but that was accepted when recorded: the recording began late.
//! - [`FindingRule::NeverAcknowledged`]: a poll handed a job out, and the worker never tried to
//!   acknowledge it.
//!
//! Findings are computed from what was served, when somebody asks for them with
//! [`Player::findings`](crate::Player::findings); requests that missed count as sent, but as
//! neither accepted nor refused. Ids that break the service's own rules, as on tapes written by
//! hand, are judged like any other.

mod calls;
mod finding;
mod ids;
mod judge;

pub(crate) use calls::{Act, Answered, Asked, JobCall};
pub use finding::{Finding, FindingRule, Findings};
pub use ids::Invocation;
pub(crate) use judge::{Ending, HandOuts, Judge};
