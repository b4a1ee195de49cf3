//! The README's commands do what it says.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::answer::Answer;
use crate::support::captures::repository;
use crate::support::program;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, two_answers};
use crate::support::upstream::{Step, Upstream};

fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).expect("README.md")
}

/// The contents of the fenced blocks in that language.
fn blocks(language: &str) -> Vec<String> {
    let readme = readme();
    let fence = format!("```{language}\n");
    readme
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

/// Every line that calls pipetape: a shell's line continuations joined, what is behind `$` and `&` left out.
fn calls() -> Vec<Vec<String>> {
    let text = [blocks("sh"), blocks("yaml")].concat().join("\n");
    text.replace("\\\n", " ")
        .lines()
        .filter_map(|line| {
            line.trim()
                .trim_start_matches("- run: ")
                .strip_prefix("pipetape ")
        })
        .map(|line| {
            line.trim_end_matches('&')
                .split_whitespace()
                .map(str::to_owned)
                .collect()
        })
        .collect()
}

/// The only block that runs the program from its sources with this behind it, ready for a shell.
fn script(arguments: &str) -> String {
    let call = format!("cargo run --release -- {arguments}");
    let blocks = blocks("sh");
    let found: Vec<&String> = blocks
        .iter()
        .filter(|block| block.starts_with(&call))
        .collect();
    assert_eq!(
        found.len(),
        1,
        "`{call}` stands at the beginning of one block"
    );
    found[0].replacen("cargo run --release --", program::PATH, 1)
}

#[test]
fn the_first_command_is_the_demo() {
    assert_eq!(blocks("sh")[0], "cargo run --release -- demo\n");
    let sandbox = Sandbox::new();
    let script = script("demo\n");
    let ended = program::run(sandbox.command_of("sh".as_ref(), &["-c", &script]));
    ended.assert(0, &[]);
    assert!(ended.stdout.contains("\nequal: "), "{ended}");
    assert!(readme().contains("its tape stays in `.pipetape/demo`"));
    assert!(sandbox.path(".pipetape/demo").is_dir());
}

#[test]
fn the_example_plays_the_sample() {
    let sandbox = Sandbox::new();
    let script = script("replay recordings/");
    let mut command: Command = sandbox.command_of("sh".as_ref(), &["-c", &script]);
    command.current_dir(repository());
    let ended = program::run(command);
    ended.assert(0, &["served 1, missed 0, unplayed 0"]);
    assert_eq!(ended.stdout, "{\"status\":\"InProgress\"}");
    assert!(readme().contains("It prints `{\"status\":\"InProgress\"}`"));
}

/// A tape, and its file. There is no file of jobs: an emulator that is not wrapped would serve for ever.
fn surroundings() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("recordings")).expect("recordings");
    let file = sandbox.write("my-worker.tape.json", two_answers().text());
    for name in ["my-worker", "TAPE"] {
        sandbox.ok(&["import", &file, "--as", name]);
    }
    sandbox
}

#[test]
fn every_call_is_one_that_the_program_takes() {
    let calls = calls();
    assert!(calls.len() >= 10, "{calls:?}");
    for call in calls {
        // What may be left out is given.
        let call: Vec<String> = call
            .iter()
            .map(|arg| arg.replace(['[', ']'], "").replace("SEQ", "1"))
            .collect();
        let args: Vec<&str> = call.iter().map(String::as_str).collect();
        let sandbox = surroundings();
        let mut command = sandbox.command(&args);
        // A recording would go out to AWS: it has no store to write to, which is not a matter of usage.
        if args[0] == "record" {
            command.env("PIPETAPE_STORE", "/dev/null/store");
        }
        let ended = program::run(command);
        assert_ne!(ended.code, Some(2), "{args:?}: {ended}");
        ended.assert_calm();
        if !["record", "replay", "emulate", "import"].contains(&args[0]) {
            assert_eq!(ended.code, Some(0), "{args:?}: {ended}");
        }
    }
}

#[test]
fn strict_fails_where_something_was_left_unplayed() {
    let sandbox = surroundings();
    let file = sandbox.arg("my-worker.tape.json");
    sandbox
        .run(&["replay", &file, "--", "true"])
        .assert(0, &["unplayed 3"]);
    sandbox
        .run(&["replay", "--strict", &file, "--", "true"])
        .assert(4, &["unplayed 3"]);
}

/// Puts a program of this name into the sandbox's `bin`.
fn stand_in(sandbox: &Sandbox, name: &str, script: &str) {
    let file = sandbox.write(
        &format!("bin/{name}"),
        format!("#!/bin/sh\nset -eu\n{script}\n"),
    );
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("a program");
}

/// A sandbox in which the README's commands find a worker, its tests, and AWS.
fn newcomer(upstream: &Upstream, tested_nonce: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("bin")).expect("bin");
    let calls = |nonce: &str| {
        format!(
            "curl --silent --show-error --fail --max-time 20 \"$AWS_ENDPOINT_URL_CODEPIPELINE\" \
             -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: CodePipeline_20150709.AcknowledgeJob' \
             -d '{}' >&2",
            acknowledge(nonce)
        )
    };
    stand_in(&sandbox, "python", &calls("1"));
    stand_in(&sandbox, "pytest", &calls(tested_nonce));
    stand_in(&sandbox, "git", "test \"$1\" = add\ntest -s \"$2\"");
    // The program, with another upstream than AWS; curl signs nothing from which the region could be told.
    let program = program::PATH;
    let script = format!(
        "if [ \"$1\" = record ]; then shift; exec {program} record --region us-east-1 --upstream {} \"$@\"; fi\n\
         exec {program} \"$@\"",
        upstream.url()
    );
    stand_in(&sandbox, "pipetape", &script);
    sandbox
}

#[test]
fn the_way_from_nothing_to_ci_leads_there() {
    let way = blocks("sh");
    let way = way
        .iter()
        .find(|block| block.starts_with("pipetape record my-worker -- "));
    let way = way.expect("the way");
    // CI runs its last line again, and writes a report.
    let yaml = blocks("yaml").concat();
    let last = yaml
        .lines()
        .last()
        .and_then(|line| line.strip_prefix("- run: "));
    let last = last.expect("what CI runs");
    assert_eq!(
        last.replace(" --report report.xml", ""),
        way.lines().last().expect("a line")
    );
    let answer = || Step::Answer(Answer::ok(r#"{"status":"InProgress"}"#));
    for (nonce, code) in [("1", Some(0)), ("2", Some(22))] {
        let upstream = Upstream::always(answer());
        let sandbox = newcomer(&upstream, nonce);
        let path = std::env::var("PATH").expect("PATH");
        let path = format!("{}:{path}", sandbox.arg("bin"));
        let shell = |script: &str| {
            let mut command = sandbox.command_of("sh".as_ref(), &["-euc", script]);
            command.env("PATH", &path);
            program::run(command)
        };
        let ended = shell(way);
        // curl's code for a refusal is passed on.
        assert_eq!(ended.code, code, "{ended}");
        assert!(sandbox.path("recordings/my-worker.tape.json").is_file());
        assert_eq!(upstream.received().len(), 1, "the replay asks nobody");
        let ended = shell(last);
        assert_eq!(ended.code, code, "{ended}");
        let report = fs::read_to_string(sandbox.path("report.xml")).expect("a report");
        assert!(report.contains("<testsuites"), "{report}");
    }
}
