//! A worker with the AWS SDK for Rust, and a job service of its own: `cargo run -p pipetape-emulator --example work`.
#![expect(clippy::print_stdout, reason = "an example that shows what it did")]

use std::error::Error;
use std::time::Duration;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::{Config, Credentials, Region};
use aws_sdk_codepipeline::types::{ActionCategory, ActionOwner, ActionTypeId};
use pipetape_emulator::{Emulator, EmulatorConfig, jobs_from_json};

/// A client of an endpoint. The emulator looks at no keys unless it is told to, but the SDK sends nothing without.
fn client(endpoint: String) -> Client {
    let config = Config::builder()
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new(
            "placeholder",
            "placeholder",
            None,
            None,
            "emulator",
        ))
        .build();
    Client::from_conf(config)
}

/// Takes one job and works it off: the code that is tested.
async fn work(codepipeline: &Client) -> Result<(), Box<dyn Error + Send + Sync>> {
    let action_type = ActionTypeId::builder()
        .category(ActionCategory::Build)
        .owner(ActionOwner::Custom)
        .provider("ExampleBuilder")
        .version("1")
        .build()?;
    let poll = codepipeline.poll_for_jobs().action_type_id(action_type);
    let answer = poll.send().await?;
    let job = answer.jobs().first().ok_or("no job")?;
    let (id, nonce) = (job.id().ok_or("no id")?, job.nonce().ok_or("no nonce")?);
    codepipeline
        .acknowledge_job()
        .job_id(id)
        .nonce(nonce)
        .send()
        .await?;
    codepipeline
        .put_job_success_result()
        .job_id(id)
        .send()
        .await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let emulator = Emulator::new(EmulatorConfig::default(), Vec::new())?
        .start()
        .await?;
    let jobs = jobs_from_json(br#"{ "actionTypeId": { "provider": "ExampleBuilder" } }"#)?;
    for job in jobs {
        let id = emulator.enqueue(job)?;
        let codepipeline = client(emulator.url());
        let worker = tokio::spawn(async move { work(&codepipeline).await });
        let job = emulator.end_of(&id, Duration::from_secs(20)).await?;
        println!("job {} is {}", job.id, job.status);
        assert_eq!(job.status.name(), "Succeeded");
        worker.await??;
        for entry in job.history.unwrap_or_default() {
            let what = entry.operation.map(|operation| operation.to_string());
            println!("  {} {}", entry.status, what.unwrap_or_default());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_runs() {
        super::main().unwrap();
    }
}
