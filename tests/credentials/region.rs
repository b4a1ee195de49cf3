//! `--region` against the region that the client signs for.

use crate::support::answer::Answer;
use crate::support::keys::SECRET_KEY;
use crate::support::sandbox::Sandbox;
use crate::support::signature::verify;
use crate::support::tape_file::acknowledge;
use crate::support::upstream::{Step, Upstream};

/// What the clients of these tests sign for.
const CLIENTS: &str = "us-east-1";

fn recorded_in(region: &str) -> String {
    let sandbox = Sandbox::new();
    let upstream = Upstream::always(Step::Answer(Answer::ok("{}")));
    let server = sandbox.record("t", &upstream.url(), &["--region", region]);
    for nonce in ["1", "2", "3"] {
        server.call("AcknowledgeJob", &acknowledge(nonce).to_string());
    }
    let ended = server.stop_ok();
    for request in upstream.received() {
        assert_eq!(verify(&request, SECRET_KEY).unwrap().region, region);
    }
    ended.stderr
}

#[test]
fn a_client_that_signs_for_another_region_is_warned_of_once() {
    let stderr = recorded_in("eu-central-1");
    let warnings: Vec<&str> = stderr
        .lines()
        .filter(|line| line.contains("another region"))
        .collect();
    assert_eq!(warnings.len(), 1, "{stderr}");
    for piece in [CLIENTS, "eu-central-1", "--region"] {
        assert!(warnings[0].contains(piece), "no {piece}: {}", warnings[0]);
    }
    assert!(!recorded_in(CLIENTS).contains("another region"));
}
