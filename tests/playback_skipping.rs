//! `--skip-empty-polls`: no waiting for a job that took minutes to come.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{JOB, Tape};

fn request(provider: &str) -> Value {
    json!({ "actionTypeId": {
        "category": "Build", "owner": "Custom", "provider": provider, "version": "1"
    }})
}

#[test]
fn the_first_poll_brings_the_job() {
    let none = || json!({ "jobs": [] });
    let tape = Tape::new("polls")
        .ok("PollForJobs", request("Forge"), none())
        .ok("PollForJobs", request("Forge"), none())
        .ok("PollForJobs", request("Idle"), none())
        .ok(
            "PollForJobs",
            request("Forge"),
            json!({ "jobs": [{ "id": JOB }] }),
        )
        .ok("PollForJobs", request("Forge"), none());
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape.text());
    let jobs = |more: &[&str], polls: usize| {
        let server = sandbox.replay(&file, more);
        let poll = |provider: &str| {
            let answer = server.call("PollForJobs", &request(provider).to_string());
            assert_eq!(answer.status(), 200);
            answer.json()["jobs"].as_array().unwrap().len()
        };
        let found: Vec<_> = (0..polls).map(|_| poll("Forge")).collect();
        assert_eq!(poll("Idle"), 0);
        (found, server.stop())
    };
    let (found, ended) = jobs(&["--skip-empty-polls", "--strict"], 2);
    assert_eq!(found, [1, 0]);
    // What is passed over is not left unplayed.
    ended.assert(0, &["served 3, missed 0, unplayed 0"]);

    let (found, ended) = jobs(&["--strict"], 2);
    assert_eq!(found, [0, 0]);
    ended.assert(4, &["served 3, missed 0, unplayed 2"]);
}
