//! Where in a pipeline a job belongs.

use crate::schema::{PIPELINE_ARN, PIPELINE_NAME, TextRules, UUID, structure, text};

text! {
    /// A pipeline's name: 1 to 100 characters of `[A-Za-z0-9.@\-_]`.
    pub struct PipelineName(TextRules::length(1, 100).matching(&PIPELINE_NAME));

    /// A stage's name: 1 to 100 characters of `[A-Za-z0-9.@\-_]`.
    pub struct StageName(TextRules::length(1, 100).matching(&PIPELINE_NAME));

    /// An action's name: 1 to 100 characters of `[A-Za-z0-9.@\-_]`.
    pub struct ActionName(TextRules::length(1, 100).matching(&PIPELINE_NAME));

    /// A pipeline's ARN: `arn:aws(-[\w]+)*:codepipeline:.+:[0-9]{12}:.+`.
    pub struct PipelineArn(TextRules::ANY.matching(&PIPELINE_ARN));

    /// The id of one execution of a pipeline: a UUID in lower-case hexadecimal.
    pub struct PipelineExecutionId(TextRules::ANY.matching(&UUID));
}

structure! {
    /// Where in a pipeline a job belongs.
    #[derive(Default)]
    pub struct PipelineContext {
        /// The pipeline.
        optional pipeline_name: PipelineName = "pipelineName",
        /// The stage in it.
        optional stage: StageContext = "stage",
        /// The action in that.
        optional action: ActionContext = "action",
        /// The pipeline's ARN.
        optional pipeline_arn: PipelineArn = "pipelineArn",
        /// The execution that the job is part of.
        optional pipeline_execution_id: PipelineExecutionId = "pipelineExecutionId",
    }

    /// A stage, as a job knows it.
    #[derive(Default)]
    pub struct StageContext {
        /// Its name.
        optional name: StageName = "name",
    }

    /// An action, as a job knows it.
    #[derive(Default)]
    pub struct ActionContext {
        /// Its name.
        optional name: ActionName = "name",
        /// Which execution of the action it is.
        optional action_execution_id: String = "actionExecutionId",
    }
}
