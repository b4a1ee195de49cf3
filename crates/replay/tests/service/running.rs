//! A replay as a library: started, asked, checked, stopped.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pipetape_replay::{Replay, ReplayConfig, RunningReplay};
use tokio::net::TcpStream;

use crate::client::{call, soon};
use crate::server::{ACK, worker};

const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../recordings/acknowledge-job.tape.json"
);

async fn start() -> RunningReplay {
    let replay = Replay::new(worker(), ReplayConfig::default());
    replay.start().await.unwrap()
}

/// What `assert_all_played` panics with.
fn complaint(running: &RunningReplay) -> Option<String> {
    let result = catch_unwind(AssertUnwindSafe(|| running.assert_all_played()));
    let panic = result.err()?;
    Some(panic.downcast_ref::<String>().unwrap().clone())
}

fn address(url: &str) -> std::net::SocketAddr {
    let rest = url.strip_prefix("http://").unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn everything_played_is_no_complaint() {
    let running = Replay::open(SAMPLE).unwrap().start().await.unwrap();
    let body = r#"{"jobId":"f4f4ff82-2d11-EXAMPLE","nonce":"3"}"#;
    assert!(
        complaint(&running)
            .unwrap()
            .contains("unplayed: exchange 1, AcknowledgeJob")
    );
    let session = "own".parse().unwrap();
    let url = running.session_url(&session);
    assert!(url.ends_with("/session/own/"), "{url}");
    let answer = call(address(&url), "/session/own/", "AcknowledgeJob", body).await;
    assert_eq!(answer.text(), r#"{"status":"InProgress"}"#);
    assert_eq!(complaint(&running), None);
    assert_eq!(running.misses(), []);
    assert_eq!(running.unplayed(), []);
    running.stop().await;
}

#[tokio::test]
async fn a_miss_is_named() {
    let running = start().await;
    let at = address(&running.url());
    for operation in ["PollForJobs", "GetJobDetails"] {
        call(at, "/", operation, "{}").await;
    }
    assert_eq!(call(at, "/", "AcknowledgeJob", ACK).await.status(), 200);
    let misses = running.misses();
    assert_eq!((misses.len(), misses[0].count), (1, 1));
    let complaint = complaint(&running).unwrap();
    for piece in [
        "1 requests missed, 2 exchanges were not played:",
        "answers this GetJobDetails in session `default`: never recorded",
        "unplayed: exchange 3, AcknowledgeJob",
        "unplayed: exchange 4, GetJobDetails",
    ] {
        assert!(complaint.contains(piece), "no {piece}: {complaint}");
    }
}

#[tokio::test]
async fn nobody_listens_once_it_is_stopped_or_dropped() {
    for drops in [true, false] {
        let running = start().await;
        let at = address(&running.url());
        drop(TcpStream::connect(at).await.unwrap());
        if drops {
            drop(running);
        } else {
            soon(running.stop()).await;
        }
        let refused = async {
            while TcpStream::connect(at).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        soon(refused).await;
    }
}

#[tokio::test]
async fn a_file_that_is_none_is_an_error() {
    let error = Replay::open("nowhere.tape.json").unwrap_err();
    assert!(error.to_string().contains("nowhere.tape.json"), "{error}");
}
