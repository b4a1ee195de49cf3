//! What no public source says of the service, in one table.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::time::Duration;

/// Every answer of the emulator that is a guess at the service's, as an option.
///
/// The defaults are our reading of AWS's documents, samples and clients. Let no test of a worker
/// depend on one of them as a truth about the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guesses {
    /// When a job gets another nonce. AWS's samples show decimal strings such as `"3"`, and an old
    /// nonce is refused; that each hand-out has its own is a guess.
    pub nonces: Nonces,
    /// The answer to an acknowledge of a job that has ended.
    pub acknowledge_after_end: AfterEnd,
    /// The answer to a result for a job that nobody has acknowledged.
    pub result_before_acknowledge: EarlyResult,
    /// How many jobs a poll without `maxBatchSize` gets at most. AWS only says that there is a limit.
    pub default_batch: NonZeroU32,
    /// How many jobs any poll gets at most. Real clients ask for up to 1,000,000; that no answer grows
    /// that long is a guess, and keeps one from filling the memory.
    pub largest_batch: NonZeroU32,
    /// How long an action may take with all its jobs. The 24 hours are AWS's limit; that they begin
    /// when the first job is made, and hold for jobs that wait as well, is a guess.
    pub action_timeout: Duration,
    /// How many action types a page of `ListActionTypes` has.
    pub page: NonZeroU32,
    /// The texts of errors whose code is known and whose text is not.
    pub texts: Texts,
}

/// When a job gets another nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nonces {
    /// With every hand-out: what an earlier hand-out was given no longer acknowledges.
    EachHandOut,
    /// Never: one nonce for the life of the job.
    EachJob,
}

/// The answer to an acknowledge of a job that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterEnd {
    /// `InvalidNonceException`, as for a job that is in progress.
    InvalidNonce,
    /// `JobNotFoundException`.
    JobNotFound,
}

/// The answer to a result for a job that nobody has acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyResult {
    /// `InvalidJobStateException`.
    Refused,
    /// It ends the job.
    Taken,
}

/// The texts of errors whose code is known and whose text is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Of `JobNotFoundException`.
    pub job_not_found: Cow<'static, str>,
    /// Of `InvalidNonceException`.
    pub invalid_nonce: Cow<'static, str>,
    /// Of `InvalidJobStateException`.
    pub invalid_job_state: Cow<'static, str>,
    /// Of `InvalidClientTokenException`.
    pub invalid_client_token: Cow<'static, str>,
    /// Of `InvalidJobException`: `GetThirdPartyJobDetails` for a custom action's job. That it is
    /// this code is a guess, too.
    pub invalid_job: Cow<'static, str>,
    /// Of `ValidationException` where `queryParam` does not fit the action type.
    pub invalid_query: Cow<'static, str>,
}

impl Default for Guesses {
    fn default() -> Guesses {
        Guesses {
            nonces: Nonces::EachHandOut,
            acknowledge_after_end: AfterEnd::InvalidNonce,
            result_before_acknowledge: EarlyResult::Refused,
            default_batch: NonZeroU32::MIN,
            largest_batch: NonZeroU32::MIN.saturating_add(999),
            action_timeout: Duration::from_secs(24 * 60 * 60),
            page: NonZeroU32::MIN.saturating_add(99),
            texts: Texts::default(),
        }
    }
}

impl Default for Texts {
    fn default() -> Texts {
        Texts {
            job_not_found: "The job cannot be found".into(),
            invalid_nonce: "The nonce is not valid for the job".into(),
            invalid_job_state: "The job is not in progress".into(),
            invalid_client_token: "The client token is not valid for the job".into(),
            invalid_job: "The job is not of a third-party action".into(),
            invalid_query:
                "The query parameter does not fit the queryable property of the action type".into(),
        }
    }
}
