//! `pipetape_replay` in a Rust test, with the real SDK and no binary.

use pipetape_replay::{Replay, ReplayConfig};
use pipetape_tape::Exhausted;
use tokio::runtime::Builder;

use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{JOB, two_answers};
use crate::support::worker::Worker;

#[test]
fn an_sdk_plays_sessions_of_its_own() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", two_answers().text());
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let config = ReplayConfig {
        exhausted: Exhausted::Error,
        ..ReplayConfig::default()
    };
    let running = runtime
        .block_on(Replay::open_with(&file, config).unwrap().start())
        .unwrap();
    for session in ["one", "two"] {
        let url = running.session_url(&session.parse().unwrap());
        let worker = Worker::patient(&url);
        assert!(worker.acknowledge(JOB, "1").contains("InProgress"));
        assert!(
            worker
                .acknowledge(JOB, "1")
                .contains("InvalidNonceException")
        );
        assert!(worker.details(JOB).contains("JobNotFoundException"));
    }
    running.assert_all_played();
    // An acknowledge that is refused after one that was accepted takes nothing away.
    assert_eq!(running.findings().list, []);
    let seen = Worker::patient(&running.url()).acknowledge(JOB, "2");
    assert!(seen.contains("PipetapeMissException"), "{seen}");
    assert_eq!(running.misses().len(), 1);
    runtime.block_on(running.stop());
}
