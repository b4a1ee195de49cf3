//! A replay as a library: started, asked, checked, stopped.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pipetape_replay::{Replay, RunningReplay};
use pipetape_tape::PlayerConfig;
use pipetape_testkit::soon;
use tokio::net::TcpStream;

use crate::client::call;
use crate::server::{ACK, worker};

const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../recordings/acknowledge-job.tape.json"
);

async fn start() -> RunningReplay {
    let replay = Replay::new(worker(), PlayerConfig::default());
    replay.start().await.unwrap()
}

/// What `assert_all_played` panics with.
fn complaint(running: &RunningReplay) -> Option<String> {
    panic_of(|| running.assert_all_played())
}

fn panic_of(check: impl Fn()) -> Option<String> {
    let result = catch_unwind(AssertUnwindSafe(check));
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
    let session = running.session("own".parse().unwrap());
    let url = session.url();
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
async fn a_session_answers_for_itself_alone() {
    let running = Replay::open(SAMPLE).unwrap().start().await.unwrap();
    let at = address(&running.url());
    let [good, bad, idle] = ["good", "bad", "idle"].map(|name| name.parse().unwrap());
    let [good, bad, idle] = [good, bad, idle].map(|name| running.session(name));
    for (session, nonce) in [(&good, "3"), (&bad, "3"), (&bad, "4")] {
        let body = format!(r#"{{"jobId":"f4f4ff82-2d11-EXAMPLE","nonce":"{nonce}"}}"#);
        let path = session.url().replacen(&running.url(), "", 1);
        call(at, &path, "AcknowledgeJob", &body).await;
    }
    assert_eq!(panic_of(|| good.assert_all_played()), None);
    assert_eq!(good.misses(), []);
    assert_eq!(bad.misses().len(), 1);
    for (session, pieces) in [
        (
            &bad,
            [
                "1 requests missed, 0 exchanges",
                "in session `bad`",
                "/nonce",
            ],
        ),
        (
            &idle,
            [
                "0 requests missed, 1 exchanges",
                "unplayed: exchange 1",
                "AcknowledgeJob",
            ],
        ),
    ] {
        let complaint = panic_of(|| session.assert_all_played()).unwrap();
        for piece in pieces {
            assert!(complaint.contains(piece), "no {piece}: {complaint}");
        }
    }
    // The replay as a whole has the miss, and every exchange was played by somebody.
    assert!(
        complaint(&running)
            .unwrap()
            .starts_with("1 requests missed, 0 exchanges")
    );
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
