//! Revisions that source actions' workers report.

use std::collections::BTreeMap;

use pipetape_core::operations::{PutActionRevisionRequest, PutActionRevisionResponse};
use pipetape_core::protocol::{ErrorCode, ServiceError};
use pipetape_core::shapes::{ActionName, PipelineExecutionId, PipelineName, Revision, StageName};

use super::job::Job;
use super::jobs::Jobs;
use crate::seed::Seed;

/// The latest revision of each source action.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    latest: BTreeMap<(PipelineName, StageName, ActionName), (Revision, PipelineExecutionId)>,
    started: u64,
}

impl Revisions {
    /// How many actions are remembered; beyond, one is forgotten for each new one.
    const MOST: usize = 1_000;

    /// Takes a revision: a new one starts an execution (in name: the emulator has no pipelines), the
    /// one that was put last starts none.
    ///
    /// The emulator knows a pipeline by the jobs in it. As long as there is no job at all, it takes
    /// revisions of any action.
    pub(super) fn put(
        &mut self,
        request: PutActionRevisionRequest,
        jobs: &Jobs,
        seed: Seed,
    ) -> Result<PutActionRevisionResponse, ServiceError> {
        find(&request, jobs)?;
        let action = (
            request.pipeline_name,
            request.stage_name,
            request.action_name,
        );
        let revision = request.action_revision.revision_id;
        if let Some((latest, execution)) = self.latest.get(&action)
            && *latest == revision
        {
            return Ok(PutActionRevisionResponse {
                new_revision: Some(false),
                pipeline_execution_id: Some(execution.clone()),
            });
        }
        self.started += 1;
        let execution = seed.uuid("started execution", self.started);
        #[expect(
            clippy::expect_used,
            reason = "a seed makes UUIDs, and a test checks their form"
        )]
        let execution = PipelineExecutionId::new(execution).expect("a UUID");
        if self.latest.len() >= Revisions::MOST && !self.latest.contains_key(&action) {
            self.latest.pop_first();
        }
        self.latest.insert(action, (revision, execution.clone()));
        Ok(PutActionRevisionResponse {
            new_revision: Some(true),
            pipeline_execution_id: Some(execution),
        })
    }
}

/// Whether some job is of the action, or else what is missing.
fn find(request: &PutActionRevisionRequest, jobs: &Jobs) -> Result<(), ServiceError> {
    let mut found = None;
    for job in jobs.all() {
        let missing = missing(job, request);
        match (missing, &found) {
            (None, _) => return Ok(()),
            (Some(missing), Some(found)) if missing <= *found => {}
            (Some(missing), _) => found = Some(missing),
        }
    }
    let (code, text) = match found {
        None => return Ok(()),
        Some(Missing::Pipeline) => (ErrorCode::PipelineNotFound, "The pipeline cannot be found"),
        Some(Missing::Stage) => (ErrorCode::StageNotFound, "The stage cannot be found"),
        Some(Missing::Action) => (ErrorCode::ActionNotFound, "The action cannot be found"),
    };
    Err(ServiceError::new(code, text))
}

/// The first thing that a job does not have in common with a request: the later, the closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Missing {
    Pipeline,
    Stage,
    Action,
}

fn missing(job: &Job, request: &PutActionRevisionRequest) -> Option<Missing> {
    let context = job.data.pipeline_context.as_ref();
    let stage = context.and_then(|context| context.stage.as_ref()?.name.as_ref());
    let action = context.and_then(|context| context.action.as_ref()?.name.as_ref());
    if context.and_then(|context| context.pipeline_name.as_ref()) != Some(&request.pipeline_name) {
        Some(Missing::Pipeline)
    } else if stage != Some(&request.stage_name) {
        Some(Missing::Stage)
    } else if action != Some(&request.action_name) {
        Some(Missing::Action)
    } else {
        None
    }
}
