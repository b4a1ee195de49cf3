//! `--latency`: answers wait as they did.

use std::time::{Duration, Instant};

use pipetape_testkit::PATIENCE;
use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, two_answers};

#[test]
fn an_answer_waits_by_the_recorded_time() {
    for (latency, recorded_ms, at_least_ms) in [
        (&["--latency", "recorded"][..], 300, 300),
        (&["--latency", "0.001"], 300_000, 300),
        // Longer than any client waits here, if they did wait.
        (&["--latency", "none"], 600_000, 0),
        (&["--latency", "0"], 600_000, 0),
        (&[], 600_000, 0),
    ] {
        let sandbox = Sandbox::new();
        let mut tape: Value = serde_json::from_str(&two_answers().text()).unwrap();
        tape["exchanges"][0]["latencyMs"] = json!(recorded_ms);
        let file = sandbox.write("tape.json", tape.to_string());
        let server = sandbox.replay(&file, latency);
        let begun = Instant::now();
        let answer = server.call("AcknowledgeJob", &acknowledge("1").to_string());
        let took = begun.elapsed();
        assert_eq!(answer.json(), json!({ "status": "InProgress" }));
        assert!(
            took >= Duration::from_millis(at_least_ms),
            "{latency:?}: {took:?}"
        );
        assert!(took < PATIENCE, "{latency:?}: {took:?}");
        server.stop_ok();
    }
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", two_answers().text());
    for latency in ["-1", "fast", "NaN"] {
        let argument = format!("--latency={latency}");
        sandbox
            .run(&["replay", &file, &argument])
            .assert(2, &["--latency", "recorded"]);
    }
}
