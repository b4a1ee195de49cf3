//! `pipetape_replay` in a Rust test, with the real SDK and no binary.

use pipetape_replay::Replay;
use pipetape_tape::{Exhausted, Player, PlayerConfig};
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
    let config = PlayerConfig {
        exhausted: Exhausted::Error,
        ..PlayerConfig::default()
    };
    let player = Player::open_file(&file, config).unwrap();
    let running = runtime.block_on(Replay::of(player).start()).unwrap();
    for session in ["one", "two"] {
        let session = running.session(session.parse().unwrap());
        let worker = Worker::patient(&session.url());
        assert!(worker.acknowledge(JOB, "1").contains("InProgress"));
        assert!(
            worker
                .acknowledge(JOB, "1")
                .contains("InvalidNonceException")
        );
        assert!(worker.details(JOB).contains("JobNotFoundException"));
        session.assert_all_played();
    }
    running.assert_all_played();
    // An acknowledge that is refused after one that was accepted takes nothing away.
    assert_eq!(running.findings().list, []);
    let seen = Worker::patient(&running.url()).acknowledge(JOB, "2");
    assert!(seen.contains("PipetapeMissException"), "{seen}");
    assert_eq!(running.misses().len(), 1);
    runtime.block_on(running.stop());
}
