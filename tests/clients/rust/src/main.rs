//! A job worker with the AWS SDK for Rust: works through the session that ../README.md describes.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that reports to whoever runs it"
)]

mod output;
mod poller;

use std::env;

use anyhow::{Context, Result, bail};
use aws_config::BehaviorVersion;
use aws_sdk_codepipeline::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::{
        acknowledge_job::AcknowledgeJobError,
        get_third_party_job_details::GetThirdPartyJobDetailsError,
    },
    primitives::DateTime,
    types::{
        ActionCategory, ActionOwner, ActionTypeId, CurrentRevision, ExecutionDetails,
        FailureDetails, FailureType, Job, JobStatus, ThirdPartyJob,
    },
};
use serde_json::{Value, json};

const UNKNOWN_JOB: &str = "00000000-0000-4000-8000-000000000000";

fn token_of(client_id: &str) -> Option<&'static str> {
    match client_id {
        "11111111-2222-4333-8444-555555555555" => Some("FAKE-token-of-the-first-client"),
        "66666666-7777-4888-8999-000000000000" => Some("FAKE-token-of-the-second-client"),
        _ => None,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // Every setting comes from the environment: endpoint, region, credentials.
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let worker = Worker {
        client: Client::new(&config),
    };
    match env::args().nth(1).as_deref() {
        Some("miss") => return worker.miss().await,
        Some("poll") => return poller::run(&worker.client).await,
        _ => {}
    }
    worker.build().await?;
    worker.test().await?;
    worker.deploy().await?;
    worker.third_party().await
}

struct Worker {
    client: Client,
}

impl Worker {
    async fn poll(
        &self,
        step: &str,
        category: ActionCategory,
        provider: &str,
        query: Option<(&str, &str)>,
    ) -> Result<Option<Job>> {
        let mut call = self
            .client
            .poll_for_jobs()
            .action_type_id(action_type(category, ActionOwner::Custom, provider)?)
            .max_batch_size(1);
        if let Some((property, value)) = query {
            call = call.query_param(property, value);
        }
        let answer = call.send().await.with_context(|| step.to_owned())?;
        report(
            step,
            json!({ "jobs": output::list(answer.jobs(), output::job) }),
        );
        Ok(answer.jobs().first().cloned())
    }

    async fn acknowledge(&self, step: &str, job: &Job) -> Result<()> {
        let call = self.client.acknowledge_job();
        let call = call.set_job_id(job.id.clone());
        let answer = call.set_nonce(job.nonce.clone()).send().await;
        let answer = answer.with_context(|| step.to_owned())?;
        report(step, output::status(answer.status()));
        if answer.status() != Some(&JobStatus::InProgress) {
            bail!("{step}: the job is someone else's");
        }
        Ok(())
    }

    /// Polls for a job, which has to be there, and acknowledges it; gives its id.
    async fn take(
        &self,
        [poll, acknowledge]: [&str; 2],
        category: ActionCategory,
        provider: &str,
    ) -> Result<String> {
        let job = self.poll(poll, category, provider, None).await?;
        let job = job.context("no job")?;
        self.acknowledge(acknowledge, &job).await?;
        job.id.context("a job without an id")
    }

    async fn build(&self) -> Result<()> {
        let poll = |step| {
            let query = Some(("ProjectName", "Example_Project-1"));
            self.poll(step, ActionCategory::Build, "ExampleBuilder", query)
        };
        let job = poll("build-poll").await?.context("no job")?;
        let id = job.id().context("a job without an id")?;
        let nonce = job.nonce().context("a job without a nonce")?;
        let acknowledge = |id: &str, nonce: &str| {
            let call = self.client.acknowledge_job();
            call.job_id(id).nonce(nonce).send()
        };
        let answer = acknowledge(id, "not-the-nonce").await;
        let invalid_nonce = AcknowledgeJobError::is_invalid_nonce_exception;
        refused("build-wrong-nonce", answer, invalid_nonce)?;
        self.acknowledge("build-acknowledge", &job).await?;
        let answer = acknowledge(id, nonce).await;
        refused("build-acknowledge-again", answer, invalid_nonce)?;
        let answer = self.client.get_job_details().job_id(id).send().await?;
        let details = answer.job_details().map(output::job_details);
        report("build-details", json!({ "jobDetails": details }));
        let answer = acknowledge(UNKNOWN_JOB, "1").await;
        let not_found = AcknowledgeJobError::is_job_not_found_exception;
        refused("unknown-job", answer, not_found)?;
        let revision = CurrentRevision::builder()
            .revision("c0ffee")
            .change_identifier("change-42")
            .created(DateTime::from_millis(1_433_961_000_500))
            .revision_summary("Größer, schöner, 速い")
            .build()?;
        let details = ExecutionDetails::builder()
            .summary("Built ✓")
            .external_execution_id("build-17")
            .percent_complete(100)
            .build();
        self.client
            .put_job_success_result()
            .job_id(id)
            .current_revision(revision)
            .execution_details(details)
            .output_variables("ImageTag", "v1.2.3")
            .output_variables("ImageDigest", "sha256:abc")
            .output_variables("Stage", "grün")
            .send()
            .await?;
        report("build-success", json!({}));
        poll("build-poll-empty").await?;
        Ok(())
    }

    async fn test(&self) -> Result<()> {
        let steps = ["test-poll", "test-acknowledge"];
        let job = self
            .take(steps, ActionCategory::Test, "ExampleTester")
            .await?;
        let details = FailureDetails::builder()
            .r#type(FailureType::JobFailed)
            .message("Prüfung „Öl“ fehlgeschlagen:\n\t3 of 7 \"cases\" < 100 % & C:\\tmp\\ログ 💥")
            .external_execution_id("test-18")
            .build()?;
        let call = self.client.put_job_failure_result();
        call.job_id(job).failure_details(details).send().await?;
        report("test-failure", json!({}));
        Ok(())
    }

    async fn deploy(&self) -> Result<()> {
        let (category, provider) = (ActionCategory::Deploy, "ExampleDeployer");
        let steps = ["deploy-poll", "deploy-acknowledge"];
        let job = self.take(steps, category.clone(), provider).await?;
        let details = ExecutionDetails::builder()
            .summary("Half of the fleet")
            .percent_complete(50)
            .build();
        self.client
            .put_job_success_result()
            .job_id(job)
            .continuation_token("wave-2-of-2")
            .execution_details(details)
            .send()
            .await?;
        report("deploy-continue", json!({}));
        let steps = ["deploy-poll-continued", "deploy-acknowledge-continued"];
        let job = self.take(steps, category, provider).await?;
        let call = self.client.put_job_success_result();
        call.job_id(job).send().await?;
        report("deploy-success", json!({}));
        Ok(())
    }

    async fn third_party(&self) -> Result<()> {
        let kind = action_type(
            ActionCategory::Test,
            ActionOwner::ThirdParty,
            "ExamplePartner",
        )?;
        let call = self.client.poll_for_third_party_jobs();
        let answer = call.action_type_id(kind).max_batch_size(2).send().await?;
        let jobs = output::list(answer.jobs(), output::third_party_job);
        report("partner-poll", json!({ "jobs": jobs }));
        let [first, second] = answer.jobs() else {
            bail!("partner-poll: {} jobs", answer.jobs().len());
        };
        let call = self.client.get_third_party_job_details();
        let call = call.set_job_id(first.job_id.clone());
        let answer = call.client_token("not-the-token").send().await;
        let wrong_token = GetThirdPartyJobDetailsError::is_invalid_client_token_exception;
        refused("partner-wrong-token", answer, wrong_token)?;
        let token = self.partner_take("partner-first", first).await?;
        let details = ExecutionDetails::builder()
            .summary("Scanned")
            .percent_complete(100)
            .build();
        self.client
            .put_third_party_job_success_result()
            .set_job_id(first.job_id.clone())
            .client_token(token)
            .execution_details(details)
            .send()
            .await?;
        report("partner-first-success", json!({}));
        let token = self.partner_take("partner-second", second).await?;
        let details = FailureDetails::builder()
            .r#type(FailureType::ConfigurationError)
            .message("kein Prüfplan")
            .build()?;
        self.client
            .put_third_party_job_failure_result()
            .set_job_id(second.job_id.clone())
            .client_token(token)
            .failure_details(details)
            .send()
            .await?;
        report("partner-second-failure", json!({}));
        Ok(())
    }

    /// Reads a job's details and acknowledges it; gives the token that goes with the job.
    async fn partner_take(&self, step: &str, job: &ThirdPartyJob) -> Result<&'static str> {
        let token = job.client_id().and_then(token_of);
        let token = token.context("an unknown client")?;
        let call = self.client.get_third_party_job_details();
        let call = call.set_job_id(job.job_id.clone());
        let answer = call.client_token(token).send().await?;
        let details = answer.job_details().context("no details")?;
        let shown = output::third_party_job_details(details);
        report(&format!("{step}-details"), json!({ "jobDetails": shown }));
        let call = self.client.acknowledge_third_party_job();
        let call = call.set_job_id(job.job_id.clone()).client_token(token);
        let answer = call.set_nonce(details.nonce.clone()).send().await?;
        let status = output::status(answer.status());
        report(&format!("{step}-acknowledge"), status);
        Ok(token)
    }

    /// A call that is on no tape: how pipetape's answer reaches the user.
    async fn miss(&self) -> Result<()> {
        let call = self.client.acknowledge_job();
        let call = call.job_id("5f8c1d2e-0001-4b7a-9c3d-0a1b2c3d4e5f");
        let answer = call.nonce("never-recorded").send().await;
        if let Err(error) = &answer {
            // `Display` of the error says only "service error".
            eprintln!("{}", DisplayErrorContext(error));
        }
        refused("miss", answer, |_| true)
    }
}

fn action_type(
    category: ActionCategory,
    owner: ActionOwner,
    provider: &str,
) -> Result<ActionTypeId> {
    let builder = ActionTypeId::builder().category(category).owner(owner);
    Ok(builder.provider(provider).version("1").build()?)
}

/// Prints what a call returned, in the API's own names.
fn report(step: &str, result: Value) {
    println!(
        "{}",
        json!({ "step": step, "result": output::without_nulls(result) })
    );
}

/// Prints the error of a call that has to end in one that `expected` takes.
fn refused<T, E>(step: &str, answer: Result<T, SdkError<E>>, expected: fn(&E) -> bool) -> Result<()>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let Err(error) = answer else {
        bail!("{step}: was not refused");
    };
    if !error.as_service_error().is_some_and(expected) {
        return Err(error).with_context(|| format!("{step}: not refused as expected"));
    }
    report_error(step, &error);
    Ok(())
}

/// Prints the code and the message of an error.
fn report_error(step: &str, error: &impl ProvideErrorMetadata) {
    let error = json!({ "code": error.code(), "message": error.message() });
    println!("{}", json!({ "step": step, "error": error }));
}
