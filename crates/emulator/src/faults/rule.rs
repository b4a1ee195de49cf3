//! What a fault rule is.

use std::fmt;
use std::time::Duration;

use pipetape_core::Operation;

/// Which calls go wrong, and how.
///
/// As text, a rule is `OPERATION:FAULT`, then any of `:count=N` and `:probability=P`. The operation is
/// a name or `*` for any. Without a count the rule holds until it is deleted; without a probability
/// it strikes every call. Calls are told apart by the seed and by how many calls the rule has met,
/// so the same calls meet the same faults in another run.
///
/// | fault | what happens |
/// |---|---|
/// | `throttle` | `ThrottlingException`, status 400; the call is not carried out |
/// | `500`, `503` | that status with an AWS-shaped body; the call is not carried out |
/// | `InvalidNonce`, `JobNotFound` | that error; the call is not carried out |
/// | `delay=2s` | the answer comes later |
/// | `reset` | the connection is reset and the call not carried out |
/// | `reset=after` | the call is carried out, then the connection is reset |
/// | `truncate=N` | the call is carried out, but only N bytes of the body arrive |
/// | `timeout-job` | the job times out: right after an acknowledge, right before a result |
///
/// ```
/// use pipetape_core::Operation;
/// use pipetape_emulator::{FaultKind, FaultRule};
///
/// let rule: FaultRule = "AcknowledgeJob:throttle:count=2".parse()?;
/// assert_eq!(rule.operation, Some(Operation::AcknowledgeJob));
/// assert_eq!(rule.kind, FaultKind::Throttle);
/// assert_eq!(rule.to_string(), "AcknowledgeJob:throttle:count=2");
/// assert!("*:500:probability=0.1".parse::<FaultRule>().is_ok());
/// # Ok::<(), pipetape_emulator::FaultRuleError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    /// The operation, or any where there is none. A kind that does not fit every operation then
    /// strikes those it fits.
    pub operation: Option<Operation>,
    /// How the call goes wrong.
    pub kind: FaultKind,
    /// How many calls are struck.
    pub count: Option<u64>,
    /// How likely a call is struck, from 0 to 1.
    pub probability: Option<f64>,
}

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// `ThrottlingException`.
    Throttle,
    /// Status 500.
    InternalFailure,
    /// Status 503.
    Unavailable,
    /// The answer comes later.
    Delay(Duration),
    /// The connection is reset.
    Reset(Lost),
    /// Only so many bytes of the body arrive.
    Truncate(usize),
    /// `InvalidNonceException`, for the operations that acknowledge.
    InvalidNonce,
    /// `JobNotFoundException`, for the operations that name a job.
    JobNotFound,
    /// The job times out, for the operations that acknowledge or report a result.
    TimeOutJob,
}

/// What a reset connection loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The request: the call is not carried out.
    Request,
    /// The answer: the call is carried out.
    Answer,
}

impl FaultKind {
    /// Whether calls of an operation can go wrong in this way.
    pub fn fits(self, operation: &Operation) -> bool {
        let acknowledges = matches!(
            operation,
            Operation::AcknowledgeJob | Operation::AcknowledgeThirdPartyJob
        );
        let names_a_job = operation.is_job_operation() && !operation.is_poll();
        let reads = matches!(
            operation,
            Operation::GetJobDetails | Operation::GetThirdPartyJobDetails
        );
        match self {
            FaultKind::InvalidNonce => acknowledges,
            FaultKind::JobNotFound => names_a_job,
            FaultKind::TimeOutJob => names_a_job && !reads,
            _ => true,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::Throttle => f.write_str("throttle"),
            FaultKind::InternalFailure => f.write_str("500"),
            FaultKind::Unavailable => f.write_str("503"),
            FaultKind::Delay(time) => {
                // Without the blanks between units: a rule is one word.
                let time = humantime::format_duration(*time).to_string();
                write!(f, "delay={}", time.replace(' ', ""))
            }
            FaultKind::Reset(Lost::Request) => f.write_str("reset"),
            FaultKind::Reset(Lost::Answer) => f.write_str("reset=after"),
            FaultKind::Truncate(bytes) => write!(f, "truncate={bytes}"),
            FaultKind::InvalidNonce => f.write_str("InvalidNonce"),
            FaultKind::JobNotFound => f.write_str("JobNotFound"),
            FaultKind::TimeOutJob => f.write_str("timeout-job"),
        }
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.as_ref().map_or("*", Operation::name);
        write!(f, "{operation}:{}", self.kind)?;
        if let Some(count) = self.count {
            write!(f, ":count={count}")?;
        }
        if let Some(probability) = self.probability {
            write!(f, ":probability={probability}")?;
        }
        Ok(())
    }
}
