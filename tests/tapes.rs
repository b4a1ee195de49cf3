//! The life of tapes in a store: several at once, the three modes, and the commands that move them.

use std::{fs, thread};

use serde_json::json;

use crate::support::answer::Answer;
use crate::support::job_service::JobService;
use crate::support::program::{self, Server};
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, exchanges, parse, two_answers};
use crate::support::upstream::{Step, Upstream};
use crate::support::worker::Worker;

/// Answers each acknowledgement with its nonce.
fn echo() -> Upstream {
    Upstream::start(|request, _| {
        Step::Answer(Answer::ok(
            json!({ "status": request.json()["nonce"] }).to_string(),
        ))
    })
}

fn acknowledge_all(server: &Server, nonces: &[&str]) {
    for nonce in nonces {
        let answer = server.call("AcknowledgeJob", &acknowledge(nonce).to_string());
        assert_eq!(answer.status(), 200, "{}", answer.text());
        assert_eq!(answer.header("x-pipetape-recorded"), None);
    }
}

/// The nonces on a tape, in order, and its numbers.
fn nonces(exported: &str) -> (Vec<String>, Vec<u64>) {
    exchanges(exported)
        .iter()
        .map(|exchange| {
            let nonce = exchange["request"]["body"]["nonce"].as_str().unwrap();
            assert_eq!(exchange["response"]["body"]["status"], nonce);
            (nonce.to_owned(), exchange["seq"].as_u64().unwrap())
        })
        .unzip()
}

/// The line of a tape in `list`.
pub(crate) fn listed(sandbox: &Sandbox, tape: &str) -> String {
    let listing = sandbox.ok(&["list"]);
    listing
        .lines()
        .find(|line| line.split_whitespace().next() == Some(tape))
        .unwrap_or_else(|| panic!("no {tape} in\n{listing}"))
        .to_owned()
}

#[test]
fn two_tapes_are_recorded_at_once() {
    let sandbox = Sandbox::new();
    let upstreams = [JobService::upstream(), JobService::upstream()];
    let servers = ["left", "right"].map(|name| {
        let upstream = &upstreams[usize::from(name == "right")];
        sandbox.record(name, &upstream.url(), &[])
    });
    let seen: Vec<Vec<String>> = thread::scope(|scope| {
        let workers: Vec<_> = servers
            .iter()
            .map(|server| scope.spawn(|| Worker::new(&server.url()).session()))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    for server in servers {
        server.stop_ok();
    }
    let [left, right] = ["left", "right"].map(|name| sandbox.export(name));
    assert_eq!(seen[0].len(), seen[1].len());
    for exported in [&left, &right] {
        assert_eq!(exchanges(exported).len(), seen[0].len());
    }
    assert_ne!(
        parse(&left)["rules"]["salt"],
        parse(&right)["rules"]["salt"]
    );
    // The sessions' request ids differ, so nothing of one is on the other.
    let ids = |exported: &str| -> Vec<String> {
        exchanges(exported)
            .iter()
            .map(|exchange| exchange["response"]["headers"].to_string())
            .collect()
    };
    let of_left = ids(&left);
    assert!(ids(&right).iter().all(|id| !of_left.contains(id)));
}

#[test]
fn a_fresh_tape_leaves_the_one_that_is_there() {
    let sandbox = Sandbox::new();
    let upstream = echo();
    let server = sandbox.record("t", &upstream.url(), &[]);
    acknowledge_all(&server, &["1", "2"]);
    server.stop_ok();
    let before = sandbox.export("t");
    let url = upstream.url();
    for mode in [&[][..], &["--mode", "fresh"]] {
        let args = [&["record", "t", "--upstream", &url], mode].concat();
        let ended = sandbox.run(&args);
        ended.assert(1, &["`t`", "overwrite", "append"]);
        assert!(ended.stdout.is_empty(), "it never listened: {ended}");
    }
    assert_eq!(sandbox.export("t"), before);
}

#[test]
fn append_goes_on_with_rising_numbers_and_the_same_rules() {
    let sandbox = Sandbox::new();
    let upstream = echo();
    let server = sandbox.record("t", &upstream.url(), &["--mode", "append"]);
    acknowledge_all(&server, &["1", "2"]);
    server.stop_ok();
    let before = sandbox.export("t");
    for more in [["3"], ["4"]] {
        let server = sandbox.record("t", &upstream.url(), &["--mode", "append"]);
        acknowledge_all(&server, &more);
        server.stop_ok();
    }
    let after = sandbox.export("t");
    let (found, numbers) = nonces(&after);
    assert_eq!(found, ["1", "2", "3", "4"]);
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    assert_eq!(exchanges(&after)[..2], exchanges(&before)[..]);
    assert_eq!(parse(&after)["rules"], parse(&before)["rules"]);
    // What was kept before the second recording began is before all of it.
    assert_eq!(exchanges(&after)[2]["after"], numbers[1]);
}

#[test]
fn overwrite_swaps_at_a_clean_stop() {
    let sandbox = Sandbox::new();
    let upstream = echo();
    let server = sandbox.record("t", &upstream.url(), &["--mode", "overwrite"]);
    acknowledge_all(&server, &["1", "2"]);
    server.stop_ok();
    let before = sandbox.export("t");
    let server = sandbox.record("t", &upstream.url(), &["--mode", "overwrite"]);
    acknowledge_all(&server, &["3"]);
    server.stop_ok();
    let after = sandbox.export("t");
    assert_eq!(nonces(&after).0, ["3"]);
    assert_ne!(
        parse(&after)["rules"]["salt"],
        parse(&before)["rules"]["salt"]
    );
    assert_eq!(
        sandbox
            .ok(&["list"])
            .lines()
            .filter(|line| line.starts_with('t'))
            .count(),
        1
    );
}

#[test]
fn an_overwrite_that_is_killed_loses_nothing_that_a_client_saw() {
    let sandbox = Sandbox::new();
    let upstream = echo();
    let server = sandbox.record("t", &upstream.url(), &[]);
    acknowledge_all(&server, &["1", "2"]);
    server.stop_ok();
    let before = sandbox.export("t");

    // Killed before anything was recorded: the old tape is still the tape.
    let mut server = sandbox.record("t", &upstream.url(), &["--mode", "overwrite"]);
    server.running().kill();
    assert_eq!(sandbox.export("t"), before);

    // Killed in the middle: what its client saw is the tape's content now, or beside the old one.
    let mut server = sandbox.record("t", &upstream.url(), &["--mode", "overwrite"]);
    acknowledge_all(&server, &["3", "4"]);
    server.running().kill();
    let (found, numbers) = nonces(&sandbox.export("t"));
    assert!(
        found.ends_with(&["3".to_owned(), "4".to_owned()]),
        "{found:?}"
    );
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    assert!(listed(&sandbox, "t").contains("unfinished"));
}

#[test]
fn an_unfinished_tape_is_shown_as_such_and_gone_on_with() {
    let sandbox = Sandbox::new();
    let upstream = echo();
    let mut server = sandbox.record("t", &upstream.url(), &[]);
    acknowledge_all(&server, &["1", "2"]);
    let while_recording = listed(&sandbox, "t");
    assert!(
        while_recording.ends_with(&format!("in use by process {}", server.running().id())),
        "{while_recording}"
    );
    server.running().kill();

    let row = listed(&sandbox, "t");
    assert!(row.ends_with("unfinished"), "{row}");
    assert_eq!(row.split_whitespace().nth(1), Some("2"), "counted: {row}");
    let json: serde_json::Value = serde_json::from_str(&sandbox.ok(&["list", "--json"])).unwrap();
    assert_eq!(json[0]["state"], "unfinished");
    assert_eq!(json[0]["exchanges"], 2);
    let shown = sandbox.ok(&["show", "t"]);
    assert!(shown.contains("\nstate      unfinished"), "{shown}");
    assert!(shown.contains("pipetape record t --mode append"), "{shown}");

    let server = sandbox.record("t", &upstream.url(), &["--mode", "append"]);
    acknowledge_all(&server, &["3"]);
    server.stop_ok();
    assert_eq!(nonces(&sandbox.export("t")).0, ["1", "2", "3"]);
    assert!(listed(&sandbox, "t").ends_with("finished"));
    assert!(!listed(&sandbox, "t").contains("unfinished"));
    assert!(!sandbox.ok(&["show", "t"]).contains("unfinished"));
}

#[test]
fn export_and_import_lead_back_to_the_same_bytes() {
    let sandbox = Sandbox::new();
    let upstream = JobService::upstream();
    let server = sandbox.record("session", &upstream.url(), &[]);
    Worker::new(&server.url()).session();
    server.stop_ok();
    let exported = sandbox.export("session");
    assert_eq!(sandbox.export("session"), exported, "twice the same");
    assert!(exported.starts_with("{\n  \"format\": \"pipetape/1\",\n  \"name\": \"session\",\n"));
    assert!(exported.ends_with("\n}\n"));
    assert!(!exported.contains('\r') && !exported.contains('\t'));

    let file = sandbox.arg("out.tape.json");
    let quiet = sandbox.ok(&["export", "session", &file]);
    assert!(quiet.is_empty(), "{quiet}");
    assert_eq!(fs::read_to_string(&file).unwrap(), exported);

    // Over a tape that is there: refused, and nothing changes.
    sandbox.run(&["import", &file]).assert(1, &["`session`"]);
    assert_eq!(sandbox.export("session"), exported);

    sandbox.ok(&["import", &file, "--as", "copy"]);
    let copied = sandbox.export("copy");
    assert_eq!(
        copied,
        exported.replacen("\"name\": \"session\"", "\"name\": \"copy\"", 1)
    );
    sandbox.ok(&["delete", "session"]);
    sandbox.ok(&["import", &file]);
    assert_eq!(sandbox.export("session"), exported);
}

#[test]
fn a_tape_written_by_hand_comes_back_as_the_program_writes_it() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("two.json", two_answers().text());
    sandbox.ok(&["import", &file]);
    let once = sandbox.export("two");
    let again = sandbox.write("again.json", &once);
    sandbox.ok(&["import", &again, "--as", "again"]);
    assert_eq!(
        sandbox.export("again"),
        once.replacen("\"two\"", "\"again\"", 1)
    );
    assert_eq!(parse(&once), parse(&two_answers().text()));
}

#[test]
fn an_export_replaces_no_file_by_accident() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("two.json", two_answers().text());
    sandbox.ok(&["import", &file]);
    let mine = sandbox.write("mine.json", "mine");
    let ended = sandbox.run(&["export", "two", &mine]);
    if ended.code == Some(0) {
        panic!("{mine} was replaced unasked");
    }
    ended.assert(1, &["mine.json"]);
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
    let ended = sandbox.run(&["export", "two", &sandbox.arg("missing/dir.json")]);
    ended.assert(1, &["missing"]);
}

#[test]
fn list_show_and_delete() {
    let sandbox = Sandbox::new();
    assert!(
        sandbox.ok(&["list"]).is_empty(),
        "an empty store is no error"
    );
    let upstream = echo();
    for name in ["b", "a"] {
        let server = sandbox.record(name, &upstream.url(), &[]);
        acknowledge_all(&server, &["1", "2", "3"]);
        server.stop_ok();
    }
    let listing = sandbox.ok(&["list"]);
    let names: Vec<&str> = listing
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| ["a", "b"].contains(name))
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert!(listed(&sandbox, "a").contains(" 3 "), "{listing}");
    assert!(!listing.contains('\u{1b}'), "no colours in a pipe");

    let shown = sandbox.ok(&["show", "a"]);
    assert_eq!(shown.matches("AcknowledgeJob").count(), 3, "{shown}");
    let one = sandbox.ok(&["show", "a", "2"]);
    assert!(one.contains("\"nonce\""), "{one}");
    sandbox.run(&["show", "a", "99"]).assert(1, &["99"]);
    let file = sandbox.write("a.tape.json", sandbox.export("a"));
    // Of a file as of the store, but for where it comes from.
    let content = |shown: &str| -> Vec<String> {
        let lines = shown.lines().filter(|line| !line.starts_with("from "));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(content(&sandbox.ok(&["show", &file])), content(&shown));

    sandbox.ok(&["delete", "a"]);
    for args in [
        &["export", "a"][..],
        &["show", "a"],
        &["delete", "a"],
        &["replay", "a"],
    ] {
        sandbox.run(args).assert(1, &["no tape `a`"]);
    }
    assert_eq!(
        exchanges(&sandbox.export("b")).len(),
        3,
        "the other is untouched"
    );
    sandbox.record("a", &upstream.url(), &[]).stop_ok();
}

#[test]
fn names_and_stores() {
    let sandbox = Sandbox::new();
    for name in [
        ".hidden",
        "a b",
        "",
        "a/b",
        "..",
        "x".repeat(65).as_str(),
        "caf\u{e9}",
    ] {
        sandbox.run(&["record", name]).assert(2, &[]);
    }
    assert!(!sandbox.store().exists());
    let upstream = echo();
    let longest = "x".repeat(64);
    for name in ["A.b_c-1", &longest] {
        sandbox.record(name, &upstream.url(), &[]).stop_ok();
        assert!(exchanges(&sandbox.export(name)).is_empty());
    }
    // The store from the flag, and from the environment.
    let elsewhere = sandbox.arg("elsewhere/store");
    let server = sandbox.record("t", &upstream.url(), &["--store", &elsewhere]);
    acknowledge_all(&server, &["1"]);
    server.stop_ok();
    let mut command = sandbox.command(&["export", "t"]);
    command.env("PIPETAPE_STORE", &elsewhere);
    let ended = program::run(command);
    assert_eq!(nonces(&ended.stdout).0, ["1"]);
    sandbox.run(&["export", "t"]).assert(1, &["no tape `t`"]);
}

#[test]
fn an_export_into_a_directory_that_is_missing_names_it() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("t.tape.json", two_answers().text());
    sandbox.ok(&["import", &file, "--as", "t"]);
    let ended = sandbox.run(&["export", "t", "absent/t.tape.json"]);
    let expected = [
        "error: there is no directory absent to write to",
        "hint: make the directory first, or choose another file",
    ];
    ended.assert(1, &expected);
    assert!(!ended.stderr.contains(".pipetape-"), "{ended}");
    assert!(!sandbox.path("absent").exists());
}
