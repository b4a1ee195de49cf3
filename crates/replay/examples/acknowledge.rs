//! A worker with the AWS SDK for Rust, played to by a tape: `cargo run -p pipetape-replay --example acknowledge`.
#![expect(clippy::print_stdout, reason = "an example that shows what it did")]

use std::error::Error;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::{Config, Credentials, Region};
use aws_sdk_codepipeline::error::ProvideErrorMetadata as _;
use pipetape_replay::Replay;

const TAPE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../recordings/acknowledge-job.tape.json"
);

/// A client of an endpoint. A replay looks at neither keys nor region, but the SDK sends nothing without.
fn client(endpoint: String) -> Client {
    let config = Config::builder()
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new(
            "placeholder",
            "placeholder",
            None,
            None,
            "replay",
        ))
        .build();
    Client::from_conf(config)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let replay = Replay::open(TAPE)?.start().await?;

    // The recorded answer.
    let worker = client(replay.url());
    let acknowledge = worker.acknowledge_job().job_id("f4f4ff82-2d11-EXAMPLE");
    let answer = acknowledge.clone().nonce("3").send().await?;
    println!("recorded: {:?}", answer.status());
    assert_eq!(
        answer.status().map(|status| status.as_str()),
        Some("InProgress")
    );
    replay.assert_all_played();

    // What is not on the tape is an error that says what is.
    let error = acknowledge.nonce("4").send().await.err();
    let error = error.ok_or("it is not on the tape")?.into_service_error();
    println!("missed: {}", error.message().unwrap_or_default());
    assert_eq!(error.code(), Some("PipetapeMissException"));
    assert_eq!(replay.misses().len(), 1);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_runs() {
        super::main().unwrap();
    }
}
