//! Tape files that are none: refused with 3, file, line and member named, and nothing half-played or half-imported.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{Tape, acknowledge, two_answers};

/// A tape file with every member that the format knows.
fn full() -> Value {
    json!({
        "format": "pipetape/1",
        "name": "full",
        "service": "codepipeline",
        "apiVersion": "2015-07-09",
        "rules": {
            "salt": "0123456789abcdef", "redact": ["/a/b"], "ignore": ["/c"],
            "keepAccountIds": false, "redactConfig": "suspect"
        },
        "exchanges": [
            {
                "seq": 1, "after": 0, "operation": "AcknowledgeJob",
                "recordedAt": "2026-01-01T00:00:00.000Z", "latencyMs": 41,
                "request": { "headers": { "content-type": "application/x-amz-json-1.1" }, "body": acknowledge("1") },
                "response": {
                    "status": 200,
                    "headers": [["content-type", "application/x-amz-json-1.1"]],
                    "body": { "status": "InProgress" }
                }
            },
            {
                "seq": 3, "after": 1, "operation": "ListPipelines",
                "request": { "bodyText": "not JSON" },
                "fault": { "kind": "timeout" }
            },
            {
                "seq": 4, "operation": "GetJobDetails",
                "request": { "bodyBase64": "/w==" },
                "response": { "status": 200, "bodyText": "{\"half" },
                "fault": { "kind": "truncated", "declaredLength": 99 }
            }
        ]
    })
}

fn text(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap())
}

/// Asserts that every command refuses the file with 3 and says `pieces`, and that the store stays empty.
#[track_caller]
fn assert_refused(name: &str, bytes: impl AsRef<[u8]>, pieces: &[&str]) {
    let sandbox = Sandbox::new();
    let file = sandbox.write("bad.tape.json", bytes);
    for args in [
        &["replay", &file, "--listen", "127.0.0.1:0"][..],
        &["show", &file],
        &["import", &file],
    ] {
        let ended = sandbox.run(args);
        assert_eq!(ended.code, Some(3), "{name}: {args:?}: {ended}");
        ended.assert_said(&["bad.tape.json"]);
        ended.assert_said(pieces);
        assert!(ended.stdout.is_empty(), "{name}: {args:?}: {ended}");
        assert!(ended.stderr.len() < 4096, "{name}: {ended}");
    }
    assert!(sandbox.ok(&["list"]).is_empty(), "{name}");
}

/// Replaces what stands at a pointer.
fn with(pointer: &str, new: Value) -> Value {
    let mut value = full();
    *value.pointer_mut(pointer).expect(pointer) = new;
    value
}

/// Adds or, with `None`, removes a member.
fn member(pointer: &str, name: &str, new: Option<Value>) -> Value {
    let mut value = full();
    let object = value.pointer_mut(pointer).expect(pointer);
    let object = object.as_object_mut().expect(pointer);
    match new {
        Some(new) => object.insert(name.to_owned(), new),
        None => object.remove(name),
    };
    value
}

#[test]
fn the_whole_file_is_taken() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("full.tape.json", text(&full()));
    sandbox.ok(&["show", &file]);
    sandbox.ok(&["import", &file]);
    let exported = sandbox.export("full");
    assert_eq!(serde_json::from_str::<Value>(&exported).unwrap(), full());
    sandbox.replay(&file, &[]).stop_ok();
}

#[test]
fn cut_at_every_fiftieth_byte() {
    let whole = text(&full());
    let sandbox = Sandbox::new();
    let mut cuts = 0;
    for end in (1..whole.len() - 2).step_by(50) {
        let file = sandbox.write("cut.tape.json", &whole[..end]);
        let command = ["replay", "show", "import"][cuts % 3];
        let ended = sandbox.run(&[command, &file]);
        assert_eq!(ended.code, Some(3), "cut at {end}: {ended}");
        ended.assert_said(&["cut.tape.json", "line", "cut short"]);
        assert!(ended.stdout.is_empty(), "cut at {end}: {ended}");
        cuts += 1;
    }
    assert!(cuts > 20, "{cuts}");
    assert!(sandbox.ok(&["list"]).is_empty());
}

#[test]
fn of_a_newer_format() {
    for format in ["pipetape/2", "pipetape/1.1", "pipetape/99"] {
        assert_refused(
            format,
            text(&with("/format", json!(format))),
            &[format, "upgrade"],
        );
        // What a newer format adds is not called wrong.
        let mut newer = with("/format", json!(format));
        newer["chapters"] = json!([]);
        assert_refused(format, text(&newer), &[format, "upgrade"]);
    }
    for format in [json!("pipetape/0"), json!("vcr/1"), json!(1), json!(null)] {
        assert_refused("format", text(&with("/format", format)), &["format"]);
    }
}

#[test]
fn empty_or_not_json() {
    assert_refused("empty", "", &["empty"]);
    assert_refused("blank", " \n\n", &["empty"]);
    for (name, bytes) in [
        ("prose", &b"this is not a tape\n"[..]),
        ("html", b"<html></html>"),
        ("binary", b"\x00\x01\x02\xff\xfe"),
        ("a trailing comma", b"{\"format\": \"pipetape/1\",}"),
        ("single quotes", b"{'format': 'pipetape/1'}"),
        ("UTF-16", b"\xff\xfe{\x00}\x00"),
    ] {
        assert_refused(name, bytes, &["line 1", "not JSON"]);
    }
    let behind = text(&full()) + "{}\n";
    assert_refused("something behind the tape", behind, &["line"]);
    for (name, bytes) in [
        ("a list", "[]"),
        ("a number", "1"),
        ("a string", "\"pipetape/1\""),
    ] {
        assert_refused(name, bytes, &["line 1"]);
    }
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    assert_refused("deep", deep, &["line 1"]);
}

#[test]
fn misspelt_members_are_named() {
    for (pointer, name) in [
        ("", "exchange"),
        ("/rules", "keepAccountIDs"),
        ("/exchanges/0", "latency"),
        ("/exchanges/0/request", "header"),
        ("/exchanges/0/response", "statusCode"),
        ("/exchanges/1/fault", "type"),
    ] {
        let file = member(pointer, name, Some(json!("x")));
        assert_refused(name, text(&file), &[name, "line"]);
    }
}

#[test]
fn missing_members_are_named() {
    for (pointer, name) in [
        ("", "format"),
        ("", "name"),
        ("", "service"),
        ("", "apiVersion"),
        ("", "exchanges"),
        ("/exchanges/0", "seq"),
        ("/exchanges/0", "operation"),
        ("/exchanges/0", "request"),
        ("/exchanges/0", "response"),
        ("/exchanges/0/request", "body"),
        ("/exchanges/0/response", "status"),
        ("/exchanges/0/response", "body"),
        ("/exchanges/1/fault", "kind"),
    ] {
        let file = member(pointer, name, None);
        assert_refused(name, text(&file), &[name, "line"]);
    }
}

#[test]
fn members_may_be_missing_where_people_write_tapes() {
    for (pointer, name) in [
        ("", "rules"),
        ("/exchanges/0", "after"),
        ("/exchanges/0", "latencyMs"),
        ("/exchanges/0", "recordedAt"),
        ("/exchanges/0/request", "headers"),
        ("/exchanges/0/response", "headers"),
    ] {
        let sandbox = Sandbox::new();
        let file = member(pointer, name, None);
        let path = sandbox.write("t.json", text(&file));
        sandbox.ok(&["import", &path]);
        let exported: Value = serde_json::from_str(&sandbox.export("full")).unwrap();
        assert_eq!(exported, file, "{name}");
    }
}

#[test]
fn duplicate_members_are_named() {
    let whole = text(&full());
    for (member, name) in [
        ("\"name\": \"full\"", "name"),
        ("\"salt\": \"0123456789abcdef\"", "salt"),
        ("\"seq\": 1", "seq"),
        ("\"status\": 200", "status"),
        ("\"kind\": \"timeout\"", "kind"),
    ] {
        let twice = whole.replacen(member, &format!("{member},\n{member}"), 1);
        assert_ne!(twice, whole, "{name}");
        assert_refused(name, twice, &[name, "line"]);
    }
    // Within a recorded body they are the recording's own.
    let sandbox = Sandbox::new();
    let inside = whole.replacen(
        "\"status\": \"InProgress\"",
        "\"status\": \"Failed\", \"status\": \"InProgress\"",
        1,
    );
    assert_ne!(inside, whole);
    let file = sandbox.write("t.json", &inside);
    sandbox.ok(&["import", &file]);
    assert!(sandbox.export("full").contains("\"status\": \"Failed\","));
}

#[test]
fn a_sequence_out_of_order() {
    for (pointer, seq) in [
        ("/exchanges/1/seq", 1),
        ("/exchanges/1/seq", 0),
        ("/exchanges/2/seq", 3),
        ("/exchanges/2/seq", 2),
        ("/exchanges/0/seq", 0),
    ] {
        let name = format!("{pointer} = {seq}");
        assert_refused(&name, text(&with(pointer, json!(seq))), &["seq", "line"]);
    }
    for (pointer, after) in [("/exchanges/0/after", 1), ("/exchanges/1/after", 3)] {
        let name = format!("{pointer} = {after}");
        assert_refused(
            &name,
            text(&with(pointer, json!(after))),
            &["after", "line"],
        );
    }
    // Gaps are no disorder.
    let sandbox = Sandbox::new();
    let gap = sandbox.write(
        "gap.json",
        text(&with("/exchanges/2/seq", json!(4_000_000_000_u64))),
    );
    sandbox.ok(&["show", &gap]);
}

#[test]
fn values_of_a_wrong_type_or_out_of_bounds() {
    for (pointer, wrong) in [
        ("/name", json!(".hidden")),
        ("/name", json!("a/b")),
        ("/name", json!(1)),
        ("/service", json!("s3")),
        ("/apiVersion", json!("2015-07-10")),
        ("/rules", json!([])),
        ("/rules/redact", json!("/a")),
        ("/rules/redact/0", json!("no-pointer")),
        ("/rules/keepAccountIds", json!("no")),
        ("/rules/redactConfig", json!("some")),
        ("/exchanges", json!({})),
        ("/exchanges/0", json!(null)),
        ("/exchanges/0/seq", json!("1")),
        ("/exchanges/0/seq", json!(-1)),
        ("/exchanges/0/seq", json!(1.5)),
        ("/exchanges/0/operation", json!("")),
        ("/exchanges/0/operation", json!("Not An Operation")),
        ("/exchanges/0/recordedAt", json!("yesterday")),
        ("/exchanges/0/latencyMs", json!(-1)),
        ("/exchanges/0/request/headers", json!([["a", "b"]])),
        ("/exchanges/0/request/headers", json!({ "a": 1 })),
        ("/exchanges/0/response/status", json!(99)),
        ("/exchanges/0/response/status", json!(1000)),
        ("/exchanges/0/response/status", json!("200")),
        ("/exchanges/0/response/headers", json!({ "a": "b" })),
        ("/exchanges/0/response/headers/0", json!(["only-a-name"])),
        ("/exchanges/0/response/headers/0", json!(["bad name", "x"])),
        (
            "/exchanges/0/response/headers/0",
            json!(["x", "line\r\nbreak: 1"]),
        ),
        ("/exchanges/1/request/bodyText", json!({})),
        ("/exchanges/1/fault", json!(["timeout"])),
        ("/exchanges/1/fault", json!("sleepy")),
        ("/exchanges/1/fault/kind", json!("sleepy")),
        ("/exchanges/2/request/bodyBase64", json!("not base64!")),
        ("/exchanges/2/fault/declaredLength", json!("99")),
    ] {
        let name = format!("{pointer} = {wrong}");
        let member = pointer
            .rsplit('/')
            .find(|segment| segment.parse::<usize>().is_err())
            .unwrap();
        assert_refused(&name, text(&with(pointer, wrong)), &["line", member]);
    }
    for (name, file) in [
        (
            "two bodies",
            member("/exchanges/0/response", "bodyText", Some(json!("x"))),
        ),
        (
            "response and timeout",
            member("/exchanges/0", "fault", Some(json!({ "kind": "timeout" }))),
        ),
        (
            "truncated without response",
            with("/exchanges/1/fault/kind", json!("truncated")),
        ),
    ] {
        assert_refused(name, text(&file), &["line"]);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_no_damage() {
    let sandbox = Sandbox::new();
    for path in [
        sandbox.arg("missing.json"),
        format!("{}/", sandbox.arg("home")),
    ] {
        for command in ["replay", "show", "import"] {
            let ended = sandbox.run(&[command, &path]);
            ended.assert(1, &["cannot read"]);
        }
    }
}

#[test]
fn a_file_that_is_refused_leaves_a_tape_of_its_name_alone() {
    let sandbox = Sandbox::new();
    let good = sandbox.write("good.json", two_answers().text());
    sandbox.ok(&["import", &good]);
    let before = sandbox.export("two");
    let half = &before[..before.len() / 2];
    let bad = sandbox.write("bad.json", half);
    sandbox.run(&["import", &bad]).assert(3, &["cut short"]);
    sandbox
        .run(&["import", &bad, "--as", "two"])
        .assert(3, &["cut short"]);
    assert_eq!(sandbox.export("two"), before);
}

#[test]
fn hostile_text_in_a_file_does_not_reach_the_terminal() {
    let sandbox = Sandbox::new();
    let tape = Tape::new("t").ok("AcknowledgeJob", json!({}), json!({}));
    let evil = tape.text().replace(
        "\"operation\"",
        "\"\\u001b]0;evil\\u0007\": 1,\n\"operation\"",
    );
    let file = sandbox.write("evil.json", evil);
    let ended = sandbox.run(&["show", &file]);
    ended.assert(3, &["line"]);
    assert!(!ended.stderr.contains(['\u{1b}', '\u{7}']), "{ended}");

    let kept = Tape::new("t").ok(
        "AcknowledgeJob",
        json!({ "nonce": "\u{1b}[2J\u{9b}1m\u{202e}" }),
        json!({ "status": "\u{1b}]0;evil\u{7}" }),
    );
    let file = sandbox.write("kept.json", kept.text());
    for args in [&["show", &file][..], &["show", &file, "1"]] {
        let shown = sandbox.ok(args);
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{shown:?}");
    }
}
