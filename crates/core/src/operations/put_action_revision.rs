//! `PutActionRevision`: a source action's worker says that there is something new.

use crate::operations::{Response, declared_errors};
use crate::schema::structure;
use crate::shapes::{ActionName, ActionRevision, PipelineExecutionId, PipelineName, StageName};

structure! {
    /// Says that a source has a new revision.
    pub struct PutActionRevisionRequest {
        /// The pipeline.
        required pipeline_name: PipelineName = "pipelineName",
        /// The stage in it.
        required stage_name: StageName = "stageName",
        /// The action in that.
        required action_name: ActionName = "actionName",
        /// The revision.
        required action_revision: ActionRevision = "actionRevision",
    }

    /// What became of it.
    #[derive(Default)]
    pub struct PutActionRevisionResponse {
        /// Whether the revision was new to the pipeline.
        optional new_revision: bool = "newRevision",
        /// The execution that it started.
        optional pipeline_execution_id: PipelineExecutionId = "pipelineExecutionId",
    }
}

impl Response for PutActionRevisionResponse {}

declared_errors! {
    /// The errors that `PutActionRevision` declares.
    pub enum PutActionRevisionError {
        /// There is no such action.
        ActionNotFound,
        /// The pipeline has as many executions as it may have.
        ConcurrentPipelineExecutionsLimitExceeded,
        /// There is no such pipeline.
        PipelineNotFound,
        /// There is no such stage.
        StageNotFound,
        /// The request does not meet its constraints.
        Validation,
    }
}
