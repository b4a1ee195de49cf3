//! `--exhausted OPERATION=POLICY`.

use serde_json::json;

use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{JOB, acknowledge, two_answers};

#[test]
fn one_operation_repeats_and_the_others_miss() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", two_answers().text());
    let codes = |more: &[&str]| {
        let server = sandbox.replay(&file, more);
        let code =
            |operation: &str, body: String| server.call(operation, &body).json()["__type"].clone();
        let acknowledged = [(); 3].map(|()| code("AcknowledgeJob", acknowledge("1").to_string()));
        let details = [(); 2].map(|()| code("GetJobDetails", json!({ "jobId": JOB }).to_string()));
        server.stop();
        (acknowledged, details)
    };
    let (claimed, gone) = (
        json!("InvalidNonceException"),
        json!("JobNotFoundException"),
    );
    let miss = json!("PipetapeMissException");
    let first = json!(null);

    let (acknowledged, details) = codes(&["--exhausted", "AcknowledgeJob=repeat-last"]);
    assert_eq!(acknowledged, [&first, &claimed, &claimed].map(Clone::clone));
    assert_eq!(details, [gone.clone(), miss.clone()]);

    let both = [
        "--exhausted",
        "AcknowledgeJob=error",
        "--exhausted",
        "repeat-last",
    ];
    let (acknowledged, details) = codes(&both);
    assert_eq!(acknowledged, [first, claimed, miss]);
    assert_eq!(details, [gone.clone(), gone]);

    for (policy, said) in [
        ("AcknowledgeJob=never", "repeat-last"),
        ("AcknowledgeJobs=loop", "AcknowledgeJobs"),
    ] {
        sandbox
            .run(&["replay", &file, "--exhausted", policy])
            .assert(2, &["--exhausted", said]);
    }
}
