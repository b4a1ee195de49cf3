//! A worker that never ends by itself: takes jobs as they come until it is stopped by SIGTERM.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use aws_sdk_codepipeline::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    types::{
        ActionCategory, ActionOwner, ActionTypeId, FailureDetails, FailureType, Job, JobStatus,
    },
};
use serde_json::json;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::sleep,
};

use crate::{report, report_error};

const PAUSE: Duration = Duration::from_millis(200);

pub(crate) async fn run(client: &Client) -> Result<()> {
    let stopped = Arc::new(AtomicBool::new(false));
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = Arc::clone(&stopped);
    tokio::spawn(async move {
        terminate.recv().await;
        stop.store(true, Ordering::Relaxed);
    });
    let kind = ActionTypeId::builder()
        .category(ActionCategory::Build)
        .owner(ActionOwner::Custom)
        .provider("ExampleFleet")
        .version("1")
        .build()?;
    while !stopped.load(Ordering::Relaxed) {
        let poll = client.poll_for_jobs().action_type_id(kind.clone());
        // What a call can't do after its retries is left to the next round, or to another worker.
        let jobs = match poll.max_batch_size(2).send().await {
            Ok(answer) => answer.jobs.unwrap_or_default(),
            Err(error) => {
                eprintln!("poll: {}", DisplayErrorContext(&error));
                continue;
            }
        };
        for job in &jobs {
            work(client, job).await?;
        }
        if jobs.is_empty() {
            sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Prints how each call about a job ended, as the session does.
async fn work(client: &Client, job: &Job) -> Result<()> {
    let id = job.id().context("a job without an id")?;
    let nonce = job.nonce().context("a job without a nonce")?;
    let acknowledge = client.acknowledge_job().job_id(id).nonce(nonce);
    let status = match acknowledge.send().await {
        Ok(answer) => answer.status().cloned(),
        Err(error) => {
            print_error(&format!("acknowledge {id}"), &error);
            return Ok(());
        }
    };
    let text = status.as_ref().map(JobStatus::as_str);
    report(&format!("acknowledge {id}"), json!({ "status": text }));
    if status != Some(JobStatus::InProgress) {
        return Ok(());
    }
    sleep(PAUSE).await;
    if id.ends_with(['0', '1', '2', '3']) {
        let details = FailureDetails::builder()
            .r#type(FailureType::JobFailed)
            .message("as its id wants it")
            .build()?;
        let failure = client.put_job_failure_result().job_id(id);
        let answer = failure.failure_details(details).send().await;
        print(&format!("fail {id}"), answer);
    } else {
        let answer = client.put_job_success_result().job_id(id).send().await;
        print(&format!("succeed {id}"), answer);
    }
    Ok(())
}

/// Prints how a call ended that answers nothing.
fn print<T, E>(step: &str, answer: Result<T, SdkError<E>>)
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match answer {
        Ok(_) => report(step, json!({})),
        Err(error) => print_error(step, &error),
    }
}

fn print_error<E>(step: &str, error: &SdkError<E>)
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error.as_service_error() {
        Some(error) => report_error(step, error),
        None => eprintln!("{step}: {}", DisplayErrorContext(error)),
    }
}
