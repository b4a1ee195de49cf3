//! What a worker reports: revisions, progress, failures, variables.

use super::Timestamp;
use crate::schema::{TextRules, VARIABLE_KEY, enumeration, number, structure, text};

enumeration! {
    /// Why a job failed.
    pub enum FailureType {
        /// The work itself failed.
        JobFailed = "JobFailed",
        /// The action is configured wrongly.
        ConfigurationError = "ConfigurationError",
        /// Something was not allowed.
        PermissionError = "PermissionError",
        /// The revision is not the current one any more.
        RevisionOutOfSync = "RevisionOutOfSync",
        /// The revision cannot be had.
        RevisionUnavailable = "RevisionUnavailable",
        /// The system that does the work is down.
        SystemUnavailable = "SystemUnavailable",
    }
}

text! {
    /// What names a revision of an artifact: 1 to 1500 characters.
    pub struct Revision(TextRules::length(1, 1500));

    /// What names the change that made a revision: 1 to 100 characters.
    pub struct RevisionChangeIdentifier(TextRules::length(1, 100));

    /// A revision in a sentence: 1 to 2048 characters.
    pub struct RevisionSummary(TextRules::length(1, 2048));

    /// An execution in a sentence: 1 to 2048 characters.
    pub struct ExecutionSummary(TextRules::length(1, 2048));

    /// What names the execution in the system that did the work: 1 to 1500 characters.
    pub struct ExternalExecutionId(TextRules::length(1, 1500));

    /// What went wrong: 1 to 5000 characters.
    pub struct FailureMessage(TextRules::length(1, 5000));

    /// The key of an output variable: characters of `[A-Za-z0-9@\-_]`, at least one.
    pub struct OutputVariableKey(TextRules::ANY.matching(&VARIABLE_KEY));
}

number! {
    /// How much of the work is done: 0 to 100.
    pub struct PercentComplete(Some(0), Some(100));
}

structure! {
    /// The revision of an artifact that a job made.
    pub struct CurrentRevision {
        /// What names the revision.
        required revision: Revision = "revision",
        /// What names the change that made it.
        required change_identifier: RevisionChangeIdentifier = "changeIdentifier",
        /// When it was made.
        optional created: Timestamp = "created",
        /// The revision in a sentence.
        optional revision_summary: RevisionSummary = "revisionSummary",
    }

    /// How the work went, or how far it is.
    #[derive(Default)]
    pub struct ExecutionDetails {
        /// The execution in a sentence.
        optional summary: ExecutionSummary = "summary",
        /// What names it in the system that did the work.
        optional external_execution_id: ExternalExecutionId = "externalExecutionId",
        /// How much is done.
        optional percent_complete: PercentComplete = "percentComplete",
    }

    /// Why a job failed.
    pub struct FailureDetails {
        /// The kind of failure.
        required kind: FailureType = "type",
        /// What went wrong.
        required message: FailureMessage = "message",
        /// What names the execution in the system that did the work.
        optional external_execution_id: ExternalExecutionId = "externalExecutionId",
    }

    /// A new revision at a source action.
    pub struct ActionRevision {
        /// What names the revision.
        required revision_id: Revision = "revisionId",
        /// What names the change that made it.
        required revision_change_id: RevisionChangeIdentifier = "revisionChangeId",
        /// When it was made.
        required created: Timestamp = "created",
    }
}
