//! What a fault rule is, and how it is read.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use pipetape_core::Operation;

/// Which calls go wrong, and how.
///
/// As text, a rule is `OPERATION:FAULT`, then any of `:count=N` and `:probability=P`. The operation is
/// a name or `*` for any. Without a count the rule holds until it is deleted; without a probability
/// it strikes every call. Which calls it strikes depends on the seed and on how many calls the rule has met,
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
    /// The operation; any if there is none. A kind that does not fit every operation then
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

/// The longest delay: beyond, every client has given up.
const LONGEST_DELAY: Duration = Duration::from_secs(60 * 60);

/// Why a text is not a valid fault rule. The fault is in what was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultRuleError {
    /// There is no colon, so no fault.
    #[error(
        "fault rule `{0}` names no fault: `OPERATION:FAULT` is expected, such as `AcknowledgeJob:throttle:count=2`"
    )]
    NoFault(String),
    /// The service has no such operation.
    #[error(
        "fault rule names the operation `{0}`, which there is not: a name such as `PollForJobs`, or `*`, is expected"
    )]
    Operation(String),
    /// The fault is not known.
    #[error(
        "fault `{0}` is not known: throttle, 500, 503, delay=TIME, reset, reset=after, truncate=BYTES, InvalidNonce, JobNotFound and timeout-job are"
    )]
    Fault(String),
    /// The fault does not go with the operation.
    #[error("fault `{fault}` does not happen to {operation}")]
    Unfit {
        /// The fault.
        fault: String,
        /// The operation.
        operation: String,
    },
    /// What follows an equals sign is not a valid value.
    #[error("`{member}` of a fault rule is `{value}`: {expected} is expected")]
    Value {
        /// What has the value.
        member: &'static str,
        /// The value.
        value: String,
        /// What is expected.
        expected: &'static str,
    },
    /// A part after the fault is not known, or occurs twice.
    #[error(
        "`{0}` of a fault rule is not known or repeated: `count=N` and `probability=P` are expected, once each"
    )]
    Option(String),
}

impl FromStr for FaultRule {
    type Err = FaultRuleError;

    fn from_str(text: &str) -> Result<FaultRule, FaultRuleError> {
        let mut parts = text.split(':');
        let operation = parts.next().unwrap_or_default();
        let fault = parts
            .next()
            .ok_or_else(|| FaultRuleError::NoFault(text.to_owned()))?;
        let operation = match operation {
            "*" => None,
            name => {
                let known = Operation::from_name(name).ok().filter(Operation::is_known);
                Some(known.ok_or_else(|| FaultRuleError::Operation(name.to_owned()))?)
            }
        };
        let kind = kind(fault)?;
        if let Some(operation) = operation.as_ref().filter(|operation| !kind.fits(operation)) {
            return Err(FaultRuleError::Unfit {
                fault: fault.to_owned(),
                operation: operation.to_string(),
            });
        }
        let mut rule = FaultRule {
            operation,
            kind,
            count: None,
            probability: None,
        };
        for part in parts {
            match part.split_once('=') {
                Some(("count", value)) if rule.count.is_none() => {
                    rule.count = Some(parsed("count", value, "a whole number", |_| true)?);
                }
                Some(("probability", value)) if rule.probability.is_none() => {
                    let within = |number: &f64| (0.0..=1.0).contains(number);
                    let number = parsed("probability", value, "a number from 0 to 1", within)?;
                    rule.probability = Some(number);
                }
                _ => return Err(FaultRuleError::Option(part.to_owned())),
            }
        }
        Ok(rule)
    }
}

fn kind(fault: &str) -> Result<FaultKind, FaultRuleError> {
    Ok(match fault.split_once('=').unwrap_or((fault, "")) {
        ("throttle", "") => FaultKind::Throttle,
        ("500", "") => FaultKind::InternalFailure,
        ("503", "") => FaultKind::Unavailable,
        ("delay", value) => {
            let expected = "a time up to an hour, such as `2s`,";
            let delay = humantime::parse_duration(value).ok();
            let delay = delay.filter(|delay| *delay <= LONGEST_DELAY);
            FaultKind::Delay(delay.ok_or_else(|| wrong("delay", value, expected))?)
        }
        ("reset", "") => FaultKind::Reset(Lost::Request),
        ("reset", "after") => FaultKind::Reset(Lost::Answer),
        ("truncate", value) => {
            FaultKind::Truncate(parsed("truncate", value, "a number of bytes", |_| true)?)
        }
        ("InvalidNonce", "") => FaultKind::InvalidNonce,
        ("JobNotFound", "") => FaultKind::JobNotFound,
        ("timeout-job", "") => FaultKind::TimeOutJob,
        _ => return Err(FaultRuleError::Fault(fault.to_owned())),
    })
}

fn parsed<T: FromStr>(
    member: &'static str,
    value: &str,
    expected: &'static str,
    allowed: impl FnOnce(&T) -> bool,
) -> Result<T, FaultRuleError> {
    let read = value.parse().ok().filter(allowed);
    read.ok_or_else(|| wrong(member, value, expected))
}

fn wrong(member: &'static str, value: &str, expected: &'static str) -> FaultRuleError {
    FaultRuleError::Value {
        member,
        value: value.to_owned(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<FaultRule>().unwrap_err().to_string()
    }

    #[test]
    fn rules_are_read() {
        fn check(text: &str, operation: Option<Operation>, kind: FaultKind) {
            let rule: FaultRule = text.parse().unwrap();
            assert_eq!((rule.operation, rule.kind), (operation, kind), "{text}");
        }
        let acknowledge = || Some(Operation::AcknowledgeJob);
        check("*:500:probability=0.1", None, FaultKind::InternalFailure);
        check("*:503", None, FaultKind::Unavailable);
        check(
            "AcknowledgeJob:throttle:count=2",
            acknowledge(),
            FaultKind::Throttle,
        );
        check(
            "AcknowledgeJob:delay=1m30s",
            acknowledge(),
            FaultKind::Delay(Duration::from_secs(90)),
        );
        check(
            "PollForJobs:truncate=0",
            Some(Operation::PollForJobs),
            FaultKind::Truncate(0),
        );
        check("*:reset", None, FaultKind::Reset(Lost::Request));
        check("*:reset=after", None, FaultKind::Reset(Lost::Answer));
        check("*:timeout-job", None, FaultKind::TimeOutJob);
    }

    #[test]
    fn refusals_say_what_is_expected() {
        insta::assert_snapshot!(refusal("throttle"), @"fault rule `throttle` names no fault: `OPERATION:FAULT` is expected, such as `AcknowledgeJob:throttle:count=2`");
        insta::assert_snapshot!(refusal("Acknowledge:throttle"), @"fault rule names the operation `Acknowledge`, which there is not: a name such as `PollForJobs`, or `*`, is expected");
        insta::assert_snapshot!(refusal("*:explode"), @"fault `explode` is not known: throttle, 500, 503, delay=TIME, reset, reset=after, truncate=BYTES, InvalidNonce, JobNotFound and timeout-job are");
        insta::assert_snapshot!(refusal("*:throttle=2"), @"fault `throttle=2` is not known: throttle, 500, 503, delay=TIME, reset, reset=after, truncate=BYTES, InvalidNonce, JobNotFound and timeout-job are");
        insta::assert_snapshot!(refusal("PollForJobs:InvalidNonce"), @"fault `InvalidNonce` does not happen to PollForJobs");
        insta::assert_snapshot!(refusal("*:delay=2 weeks"), @"`delay` of a fault rule is `2 weeks`: a time up to an hour, such as `2s`, is expected");
        insta::assert_snapshot!(refusal("*:truncate=-1"), @"`truncate` of a fault rule is `-1`: a number of bytes is expected");
        insta::assert_snapshot!(refusal("*:500:count=many"), @"`count` of a fault rule is `many`: a whole number is expected");
        insta::assert_snapshot!(refusal("*:500:probability=1.5"), @"`probability` of a fault rule is `1.5`: a number from 0 to 1 is expected");
        insta::assert_snapshot!(refusal("*:500:probability=NaN"), @"`probability` of a fault rule is `NaN`: a number from 0 to 1 is expected");
        insta::assert_snapshot!(refusal("*:500:count=1:count=2"), @"`count=2` of a fault rule is not known or repeated: `count=N` and `probability=P` are expected, once each");
        insta::assert_snapshot!(refusal("*:500:often"), @"`often` of a fault rule is not known or repeated: `count=N` and `probability=P` are expected, once each");
    }

    fn kinds() -> impl Strategy<Value = FaultKind> {
        prop_oneof![
            Just(FaultKind::Throttle),
            Just(FaultKind::InternalFailure),
            Just(FaultKind::Unavailable),
            (0..=LONGEST_DELAY.as_nanos() as u64)
                .prop_map(|ns| FaultKind::Delay(Duration::from_nanos(ns))),
            Just(FaultKind::Reset(Lost::Request)),
            Just(FaultKind::Reset(Lost::Answer)),
            any::<usize>().prop_map(FaultKind::Truncate),
            Just(FaultKind::InvalidNonce),
            Just(FaultKind::JobNotFound),
            Just(FaultKind::TimeOutJob),
        ]
    }

    proptest! {
        #[test]
        fn rules_survive_their_text(
            operation in prop::option::of(prop::sample::select(Operation::ALL)),
            kind in kinds(),
            count: Option<u64>,
            probability in prop::option::of(0.0..=1.0),
        ) {
            let rule = FaultRule { operation, kind, count, probability };
            let fits = rule.operation.as_ref().is_none_or(|operation| kind.fits(operation));
            prop_assert_eq!(rule.to_string().parse::<FaultRule>().ok(), fits.then_some(rule));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = text.parse::<FaultRule>();
        }
    }
}
