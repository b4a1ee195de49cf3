//! The operations of the service, and the `X-Amz-Target` header that names them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What precedes the operation's name in an `X-Amz-Target` header.
pub const TARGET_PREFIX: &str = "CodePipeline_20150709.";

/// The longest operation name that is taken from a target, in bytes.
///
/// The longest real name has 32; the bound only keeps a hostile header from being carried around.
pub const LONGEST_NAME: usize = 128;

macro_rules! operations {
    ($($name:ident),+ $(,)?) => {
        /// One operation of CodePipeline's API, version 2015-07-09.
        ///
        /// The service's 44 operations are variants of their own; a well-formed name that is none
        /// of them is [`Operation::Unknown`], so that traffic of a newer service can still be
        /// carried. Make values with [`Operation::from_name`] or [`Operation::from_target`]: only
        /// they see to it that `Unknown` never holds a known or a malformed name.
        ///
        /// The order is that of the variants (the service's, alphabetical), unknown ones last.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                $name,
            )+
            /// A well-formed name that version 2015-07-09 does not have.
            Unknown(Box<str>),
        }

        impl Operation {
            /// Every known operation, in the service's order.
            pub const ALL: &'static [Operation] = &[$(Operation::$name),+];

            /// The name as the service spells it, without the target's prefix.
            pub fn name(&self) -> &str {
                match self {
                    $(Operation::$name => stringify!($name),)+
                    Operation::Unknown(name) => name,
                }
            }

            fn known(name: &str) -> Option<Operation> {
                match name {
                    $(stringify!($name) => Some(Operation::$name),)+
                    _ => None,
                }
            }
        }
    };
}

operations! {
    AcknowledgeJob,
    AcknowledgeThirdPartyJob,
    CreateCustomActionType,
    CreatePipeline,
    DeleteCustomActionType,
    DeletePipeline,
    DeleteWebhook,
    DeregisterWebhookWithThirdParty,
    DisableStageTransition,
    EnableStageTransition,
    GetActionType,
    GetJobDetails,
    GetPipeline,
    GetPipelineExecution,
    GetPipelineState,
    GetThirdPartyJobDetails,
    ListActionExecutions,
    ListActionTypes,
    ListDeployActionExecutionTargets,
    ListPipelineExecutions,
    ListPipelines,
    ListRuleExecutions,
    ListRuleTypes,
    ListTagsForResource,
    ListWebhooks,
    OverrideStageCondition,
    PollForJobs,
    PollForThirdPartyJobs,
    PutActionRevision,
    PutApprovalResult,
    PutJobFailureResult,
    PutJobSuccessResult,
    PutThirdPartyJobFailureResult,
    PutThirdPartyJobSuccessResult,
    PutWebhook,
    RegisterWebhookWithThirdParty,
    RetryStageExecution,
    RollbackStage,
    StartPipelineExecution,
    StopPipelineExecution,
    TagResource,
    UntagResource,
    UpdateActionType,
    UpdatePipeline,
}

impl Operation {
    /// Reads a bare operation name. Case matters, as it does to the service.
    ///
    /// # Errors
    ///
    /// An empty name, one longer than [`LONGEST_NAME`], or one with a byte outside `[A-Za-z0-9]`.
    /// A well-formed name that is not known is not an error: it gives [`Operation::Unknown`].
    pub fn from_name(name: &str) -> Result<Operation, TargetError> {
        if let Some(operation) = Operation::known(name) {
            return Ok(operation);
        }
        if name.is_empty() {
            return Err(TargetError::EmptyName);
        }
        if name.len() > LONGEST_NAME {
            return Err(TargetError::TooLong { length: name.len() });
        }
        match name.bytes().position(|byte| !byte.is_ascii_alphanumeric()) {
            Some(at) => Err(TargetError::BadByte { at }),
            None => Ok(Operation::Unknown(name.into())),
        }
    }

    /// Reads the value of an `X-Amz-Target` header: [`TARGET_PREFIX`], then the name.
    ///
    /// # Errors
    ///
    /// A missing prefix (which is case-sensitive), or what [`Operation::from_name`] refuses.
    pub fn from_target(target: &str) -> Result<Operation, TargetError> {
        match target.strip_prefix(TARGET_PREFIX) {
            Some(name) => Operation::from_name(name),
            None => Err(TargetError::NoPrefix),
        }
    }

    /// The value of the `X-Amz-Target` header that names this operation.
    pub fn target(&self) -> String {
        format!("{TARGET_PREFIX}{}", self.name())
    }

    /// Whether the operation belongs to API version 2015-07-09.
    pub fn is_known(&self) -> bool {
        !matches!(self, Operation::Unknown(_))
    }

    /// Whether the operation asks for work: `PollForJobs` and `PollForThirdPartyJobs`.
    ///
    /// Workers send these over and over, and an answer without a job is ordinary.
    pub fn is_poll(&self) -> bool {
        matches!(
            self,
            Operation::PollForJobs | Operation::PollForThirdPartyJobs
        )
    }

    /// Whether this is one of the ten calls of a job worker: polling, acknowledging, reading
    /// details and reporting a result, for custom and for third-party actions.
    pub fn is_job_operation(&self) -> bool {
        self.is_poll()
            || matches!(
                self,
                Operation::AcknowledgeJob
                    | Operation::AcknowledgeThirdPartyJob
                    | Operation::GetJobDetails
                    | Operation::GetThirdPartyJobDetails
                    | Operation::PutJobFailureResult
                    | Operation::PutJobSuccessResult
                    | Operation::PutThirdPartyJobFailureResult
                    | Operation::PutThirdPartyJobSuccessResult
            )
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Operation {
    type Err = TargetError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Operation::from_name(name)
    }
}

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<'de, str>::deserialize(deserializer)?;
        Operation::from_name(&name).map_err(de::Error::custom)
    }
}

/// Why a target or an operation name could not be read. The fault is the sender's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The target does not begin with [`TARGET_PREFIX`].
    #[error("target does not begin with `{TARGET_PREFIX}`")]
    NoPrefix,
    /// The name is empty.
    #[error("operation name is empty")]
    EmptyName,
    /// The name is longer than [`LONGEST_NAME`].
    #[error("operation name has {length} bytes, at most {LONGEST_NAME} are taken")]
    TooLong {
        /// The length that was received, in bytes.
        length: usize,
    },
    /// A byte is not an ASCII letter or digit.
    #[error("operation name has a byte at {at} that is not an ASCII letter or digit")]
    BadByte {
        /// The position of the first such byte, from 0.
        at: usize,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_44_operations_come_back_from_their_target() {
        assert_eq!(Operation::ALL.len(), 44);
        for operation in Operation::ALL {
            assert!(operation.is_known());
            assert_eq!(
                Operation::from_target(&operation.target()).as_ref(),
                Ok(operation)
            );
            assert_eq!(Operation::known(operation.name()).as_ref(), Some(operation));
        }
        let mut sorted = Operation::ALL.to_vec();
        sorted.sort_by(|a, b| a.name().cmp(b.name()));
        assert_eq!(sorted, Operation::ALL);
    }

    #[test]
    fn ten_operations_are_a_workers_and_two_of_them_poll() {
        let count =
            |test: fn(&Operation) -> bool| Operation::ALL.iter().filter(|o| test(o)).count();
        assert_eq!(count(Operation::is_job_operation), 10);
        assert_eq!(count(Operation::is_poll), 2);
        assert!(!Operation::PutActionRevision.is_job_operation());
    }

    #[test]
    fn targets_are_taken_or_refused() {
        fn check(target: &str, expected: &Result<Operation, TargetError>) {
            assert_eq!(&Operation::from_target(target), expected, "{target}");
        }
        check(
            "CodePipeline_20150709.AcknowledgeJob",
            &Ok(Operation::AcknowledgeJob),
        );
        check(
            "CodePipeline_20150709.acknowledgejob",
            &Ok(Operation::Unknown("acknowledgejob".into())),
        );
        check(
            "codepipeline_20150709.AcknowledgeJob",
            &Err(TargetError::NoPrefix),
        );
        check("AcknowledgeJob", &Err(TargetError::NoPrefix));
        check("", &Err(TargetError::NoPrefix));
        check("CodePipeline_20150709.", &Err(TargetError::EmptyName));
        check(
            "CodePipeline_20150709.Acknowledge Job",
            &Err(TargetError::BadByte { at: 11 }),
        );
        check(
            "CodePipeline_20150709.Jobé",
            &Err(TargetError::BadByte { at: 3 }),
        );
        let longest = "a".repeat(LONGEST_NAME);
        check(
            &format!("{TARGET_PREFIX}{longest}"),
            &Ok(Operation::Unknown(longest.clone().into())),
        );
        check(
            &format!("{TARGET_PREFIX}{longest}a"),
            &Err(TargetError::TooLong { length: 129 }),
        );
    }

    #[test]
    fn an_operation_is_a_plain_string_in_json() {
        let text = serde_json::to_string(&Operation::PollForJobs).unwrap();
        assert_eq!(text, "\"PollForJobs\"");
        let read: Operation = serde_json::from_str("\"\\u0050ollForJobs\"").unwrap();
        assert_eq!(read, Operation::PollForJobs);
        assert!(serde_json::from_str::<Operation>("\"no spaces\"").is_err());
    }

    proptest! {
        #[test]
        fn any_target_that_is_read_is_written_back(target in ".{0,160}") {
            if let Ok(operation) = Operation::from_target(&target) {
                prop_assert_eq!(operation.target(), target);
            }
        }
    }
}
