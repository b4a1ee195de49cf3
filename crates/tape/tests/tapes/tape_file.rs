//! What a tape file looks like, and what is refused in one.

use std::path::Path;

use bytes::Bytes;
use pipetape_tape::{Store, Tape, TapeFileError, read_tape, read_tape_file, write_tape};

const FILE: &str = r#"{
  "format": "pipetape/1",
  "name": "sample",
  "service": "codepipeline",
  "apiVersion": "2015-07-09",
  "rules": {
    "salt": "00",
    "redact": [
      "/a/*"
    ],
    "ignore": [],
    "keepAccountIds": false,
    "redactConfig": "suspect"
  },
  "exchanges": [
    {
      "seq": 1,
      "after": 0,
      "operation": "AcknowledgeJob",
      "recordedAt": "2026-01-01T00:00:00.000Z",
      "latencyMs": 41,
      "request": {
        "headers": {
          "content-type": "application/x-amz-json-1.1"
        },
        "body": {
          "jobId": "f",
          "nonce": "3"
        }
      },
      "response": {
        "status": 200,
        "headers": [
          [
            "content-type",
            "application/x-amz-json-1.1"
          ]
        ],
        "body": {
          "status": "InProgress",
          "n": 1.0,
          "n": []
        }
      }
    },
    {
      "seq": 3,
      "operation": "PutJobSuccessResult",
      "request": {
        "bodyBase64": "/w=="
      },
      "response": {
        "status": 200,
        "bodyText": ""
      },
      "fault": {
        "kind": "truncated",
        "declaredLength": 9
      }
    },
    {
      "seq": 4,
      "operation": "FutureOperation",
      "request": {
        "body": {}
      },
      "fault": {
        "kind": "reset"
      }
    }
  ]
}
"#;

fn read(text: impl AsRef<[u8]>) -> Result<Tape, TapeFileError> {
    read_tape(text.as_ref(), Path::new("sample.tape.json"))
}

#[test]
fn the_sample_is_written_as_it_was_read() {
    let tape = read(FILE).unwrap();
    assert_eq!(tape.exchanges.len(), 3);
    let body = &tape.exchanges[0].outcome.response().unwrap().body;
    assert_eq!(body, &br#"{"status":"InProgress","n":1.0,"n":[]}"#[..]);
    assert_eq!(tape.exchanges[1].request.body, Bytes::from_static(b"\xff"));
    let mut text = Vec::new();
    write_tape(&tape, &mut text).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), FILE);
}

#[test]
fn hands_may_order_and_space_as_they_like() {
    let by_hand = r#"{"exchanges":[{"response":{"body":{"status" : "Queued"},"status":200},"request":{"headers":{"Content-Type":"a"},"body":{}},
        "operation":"AcknowledgeJob","seq":7}],"apiVersion":"2015-07-09","service":"codepipeline","name":"x","format":"pipetape\/1"}"#;
    for text in [by_hand.to_owned(), format!("\u{feff}{by_hand}\r\n")] {
        let tape = read(text).unwrap();
        assert_eq!(tape.rules, None);
        let exchange = &tape.exchanges[0];
        assert_eq!(exchange.seq, 7);
        assert_eq!(
            exchange.request.headers.as_ref().unwrap()[0].0,
            "content-type"
        );
        assert_eq!(
            exchange.outcome.response().unwrap().body,
            &br#"{"status":"Queued"}"#[..]
        );
    }
}

#[test]
fn a_fault_may_be_its_kind_alone() {
    let short = FILE.replace("{\n        \"kind\": \"reset\"\n      }", "\"reset\"");
    assert_ne!(short, FILE);
    let mut text = Vec::new();
    write_tape(&read(short).unwrap(), &mut text).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), FILE);
}

#[test]
fn a_fault_of_another_form_is_refused() {
    let long = "{\n        \"kind\": \"reset\"\n      }";
    let unknown = "line 69: `exchanges[2]`: exchange 4: the `kind` of its `fault` is not one that this build knows";
    refuse(long, "\"rest\"", unknown);
    refuse(
        long,
        "[\"reset\"]",
        "line 67: `exchanges[2].fault`: invalid type: sequence, expected an object such as {\"kind\": \"reset\"}, or the kind alone",
    );
    refuse(
        "\"declaredLength\": 9",
        "\"length\": 9",
        "line 58: `exchanges[1].fault.length`: unknown field `length`, expected `kind` or `declaredLength`",
    );
}

/// Replaces the first `from` in the sample and expects the error's text, line included.
fn refuse(from: &str, to: &str, expected: &str) {
    assert!(FILE.contains(from), "{from}");
    let error = read(FILE.replacen(from, to, 1)).unwrap_err();
    assert!(error.is_damage());
    assert_eq!(
        error.to_string(),
        format!("sample.tape.json: {expected}"),
        "{from} -> {to}"
    );
}

#[test]
fn what_is_wrong_is_named_with_line_and_member() {
    refuse(
        "pipetape/1",
        "pipetape/2",
        "its format is `pipetape/2`, this build reads `pipetape/1`: upgrade pipetape to read it",
    );
    refuse(
        "pipetape/1",
        "other/1",
        "line 2: `format`: has to be `pipetape/1`",
    );
    refuse(
        "codepipeline\"",
        "s3\"",
        "line 4: `service`: has to be `codepipeline`",
    );
    refuse(
        "2015-07-09",
        "2016-07-09",
        "line 5: `apiVersion`: has to be `2015-07-09`",
    );
    refuse(
        "  \"name\": \"sample\",\n",
        "",
        "line 71: missing field `name`",
    );
    refuse(
        "\"name\": \"sample\"",
        "\"name\": \"../x\"",
        "line 3: `name`: `../x` is not a valid name: use 1 to 64 of the letters A-Z a-z, digits, `.`, `_` and `-`, not starting with a dot",
    );
    refuse(
        "\"salt\"",
        "\"slat\"",
        "line 7: `rules.slat`: unknown field `slat`, expected one of `salt`, `redact`, `ignore`, `keepAccountIds`, `redactConfig`",
    );
    refuse(
        "\"/a/*\"",
        "\"a\"",
        "line 9: `rules.redact[0]`: a JSON pointer begins with `/`, as in `/jobId`",
    );
    refuse(
        "\"suspect\"",
        "\"some\"",
        "line 13: `rules.redactConfig`: not one of `all`, `suspect`, `none`",
    );
    refuse(
        "\"seq\": 3",
        "\"seq\": 1",
        "line 61: `exchanges`: `seq` 1 is out of order: it has to be higher than 1",
    );
    refuse(
        "\"seq\": 1",
        "\"seq\": 0",
        "line 46: `exchanges[0]`: `seq` counts from 1",
    );
    refuse(
        "\"seq\": 1",
        "\"seq\": \"1\"",
        "line 17: `exchanges[0].seq`: invalid type: string \"1\", expected u64",
    );
    refuse(
        "\"seq\": 1,",
        "\"seq\": 1, \"seq\": 1,",
        "line 17: `exchanges[0]`: duplicate field `seq`",
    );
    refuse(
        "\"after\": 0",
        "\"after\": 1",
        "line 46: `exchanges[0]`: exchange 1: `after` has to be lower than `seq`",
    );
    refuse(
        "\"AcknowledgeJob\"",
        "\"Acknowledge Job\"",
        "line 19: `exchanges[0].operation`: operation name has a byte at 11 that is not an ASCII letter or digit",
    );
    refuse(
        "2026-01-01T00:00:00.000Z",
        "yesterday",
        "line 20: `exchanges[0].recordedAt`: not a time such as 2026-01-01T00:00:00.000Z",
    );
    refuse(
        "\"nonce\": \"3\"\n        }",
        "\"nonce\": \"3\"\n        }, \"bodyText\": \"\"",
        "line 46: `exchanges[0]`: exchange 1: only one of `body`, `bodyText` and `bodyBase64` can be the body of its request",
    );
    refuse(
        "\"bodyBase64\": \"/w==\"",
        "",
        "line 61: `exchanges[1]`: exchange 3: missing member `body` of its request",
    );
    refuse(
        "/w==",
        "/w=",
        "line 61: `exchanges[1]`: exchange 3: `bodyBase64` of its request is not valid base64",
    );
    refuse(
        "\"status\": 200",
        "\"status\": 199",
        "line 32: `exchanges[0].response.status`: has to be from 200 to 599",
    );
    refuse(
        "\"status\": 200,\n        \"headers\"",
        "\"headers\"",
        "line 43: `exchanges[0].response`: missing field `status`",
    );
    refuse(
        "\"content-type\": \"app",
        "\"content type\": \"app",
        "line 24: `exchanges[0].request.headers.content type`: `content type` is not a header name",
    );
    refuse(
        "\"bodyText\": \"\"",
        "\"bodytext\": \"\"",
        "line 54: `exchanges[1].response.bodytext`: unknown field `bodytext`, expected one of `status`, `headers`, `body`, `bodyText`, `bodyBase64`",
    );
    refuse(
        "\"truncated\"",
        "\"reset\"",
        "line 61: `exchanges[1]`: exchange 3: a `response` and a `fault` can be together only if the fault is of kind `truncated`",
    );
    refuse(
        "\"kind\": \"reset\"",
        "\"kind\": \"gone\"",
        "line 71: `exchanges[2]`: exchange 4: the `kind` of its `fault` is not one that this build knows",
    );
    refuse(
        "\"declaredLength\": 9",
        "\"declaredLength\": 0",
        "line 61: `exchanges[1]`: exchange 3: `declaredLength` has to be larger than the part of the body that came",
    );
    refuse(
        ",\n      \"fault\": {\n        \"kind\": \"reset\"\n      }",
        "",
        "line 68: `exchanges[2]`: exchange 4: missing member `response` (or `fault`)",
    );
    refuse(
        "\"seq\": 3,",
        "\"seq\": 3",
        "line 48: the file is not JSON: expected `,` or `}`",
    );
    refuse(
        "\"f\"",
        "\"\u{1b}[31m\"",
        "line 27: the file is not JSON: control character (\\u0000-\\u001F) found while parsing a string",
    );
    refuse(
        "\"salt\"",
        "\"sa\\u001b[31mlt\"",
        "line 7: `rules.sa\\u{1b}[31mlt`: unknown field `sa\\u{1b}[31mlt`, expected one of `salt`, `redact`, `ignore`, `keepAccountIds`, `redactConfig`",
    );
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for end in 0..FILE.trim_end().len() {
        let error = read(&FILE[..end]).unwrap_err();
        match (end, &error) {
            (0, TapeFileError::Empty { .. }) | (_, TapeFileError::CutShort { .. }) => {}
            _ => panic!("cut at {end}: {error}"),
        }
    }
    let error = read(&FILE[..200]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sample.tape.json: line 12: the file is cut short: it ends in the middle of a tape"
    );
    assert_eq!(
        read(" \n").unwrap_err().to_string(),
        "sample.tape.json: the file is empty"
    );
    assert_eq!(
        read("<html>").unwrap_err().to_string(),
        "sample.tape.json: line 1: the file is not JSON: expected value"
    );
    assert!(matches!(read("[]"), Err(TapeFileError::NotATape { .. })));
    assert!(matches!(
        read(format!("{FILE}x")),
        Err(TapeFileError::NotJson { .. })
    ));
}

#[test]
fn a_file_that_is_not_there_is_no_damage() {
    let error = read_tape_file(Path::new("/nowhere/x.tape.json")).unwrap_err();
    assert!(!error.is_damage());
    assert_eq!(error.to_string(), "cannot read /nowhere/x.tape.json");
}

#[test]
fn nesting_bombs_are_text_like_any_other() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = FILE.replacen("\"InProgress\"", &deep, 1);
    let tape = read(text).unwrap();
    let mut written = Vec::new();
    write_tape(&tape, &mut written).unwrap();
    let again = read(&written).unwrap();
    assert_eq!(again, tape);
    let directory = tempfile::tempdir().unwrap();
    Store::new(directory.path()).import(&tape).unwrap();
}
