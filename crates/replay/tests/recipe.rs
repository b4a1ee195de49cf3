//! The recipe for `cargo test` in docs/recipes.md. `cargo xtask clients` compares the page with this file.

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::{Config, Credentials, Region};
use aws_sdk_codepipeline::error::SdkError;
use aws_sdk_codepipeline::operation::acknowledge_job::AcknowledgeJobError;
use pipetape_replay::Replay;

const TAPE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../recordings/acknowledge-job.tape.json"
);

/// The code that is tested.
async fn is_ours(
    codepipeline: &Client,
    job: &str,
    nonce: &str,
) -> Result<bool, SdkError<AcknowledgeJobError>> {
    let acknowledge = codepipeline.acknowledge_job().job_id(job).nonce(nonce);
    let answer = acknowledge.send().await?;
    Ok(answer
        .status()
        .is_some_and(|status| status.as_str() == "InProgress"))
}

fn client(endpoint: String) -> Client {
    // Nobody looks at the keys and the region, but without them nothing is sent.
    let keys = Credentials::new("placeholder", "placeholder", None, None, "replay");
    let config = Config::builder()
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(keys)
        .build();
    Client::from_conf(config)
}

#[tokio::test]
async fn the_job_is_ours() {
    let replay = Replay::open(TAPE).unwrap().start().await.unwrap();
    let codepipeline = client(replay.url());
    assert!(
        is_ours(&codepipeline, "f4f4ff82-2d11-EXAMPLE", "3")
            .await
            .unwrap()
    );
    replay.assert_all_played();
}

#[tokio::test]
async fn two_workers_side_by_side() {
    let replay = Replay::open(TAPE).unwrap().start().await.unwrap();
    for worker in ["one", "two"] {
        let session = replay.session(worker.parse().unwrap());
        let codepipeline = client(session.url());
        assert!(
            is_ours(&codepipeline, "f4f4ff82-2d11-EXAMPLE", "3")
                .await
                .unwrap()
        );
        session.assert_all_played();
    }
}
