//! Requests of real AWS clients, captured byte for byte, against the decoder.
//!
//! The captures lie in the workspace's `tests/wire/CLIENT/OPERATION[.VARIANT].http`; every client
//! was given the same input values.

#![expect(
    clippy::unwrap_used,
    reason = "a test without its input has failed, in its helpers too"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pipetape_core::protocol::{self, Call};
use pipetape_core::{Authorization, is_codepipeline_host};

const WIRE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/wire");

/// One captured request, taken apart as far as these tests need.
struct Capture {
    /// `CLIENT/FILE`.
    name: String,
    /// The file's name up to its first dot.
    operation: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Capture {
    fn read(path: &Path) -> Capture {
        let bytes = fs::read(path).unwrap();
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let headers = head.lines().skip(1).map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let file = path.file_name().unwrap().to_str().unwrap();
        let client = path.parent().unwrap().file_name().unwrap();
        Capture {
            name: format!("{}/{file}", client.to_str().unwrap()),
            operation: file.split('.').next().unwrap().to_owned(),
            headers: headers.collect(),
            body: bytes[end + 4..].to_vec(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn call(&self) -> Call {
        let target = self.header("x-amz-target");
        let operation = protocol::route(self.header("content-type"), target, &self.body);
        let operation = operation.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert_eq!(operation.name(), self.operation, "{}", self.name);
        protocol::decode_request(&operation, &self.body)
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// Every captured request, the `CONNECT`s aside.
fn captures() -> Vec<Capture> {
    let mut captures = Vec::new();
    for client in fs::read_dir(WIRE).unwrap() {
        let client = client.unwrap().path();
        if !client.is_dir() {
            continue;
        }
        for file in fs::read_dir(client).unwrap() {
            let file = file.unwrap().path();
            let is_request = file
                .extension()
                .is_some_and(|extension| extension == "http");
            if is_request && file.file_stem().unwrap() != "CONNECT" {
                captures.push(Capture::read(&file));
            }
        }
    }
    captures
}

#[test]
fn every_capture_decodes_to_a_typed_call() {
    let captures = captures();
    assert_eq!(captures.len(), 116);
    for capture in captures {
        let call = capture.call();
        assert!(!matches!(call, Call::Untyped(_)), "{}", capture.name);
    }
}

#[test]
fn all_clients_make_the_same_call() {
    let mut calls: BTreeMap<String, (String, Call)> = BTreeMap::new();
    for capture in captures() {
        let call = capture.call();
        let first = calls
            .entry(capture.operation.clone())
            .or_insert_with(|| (capture.name.clone(), call.clone()));
        assert_eq!(first.1, call, "{} and {}", first.0, capture.name);
    }
    assert_eq!(calls.len(), 13);
}

#[test]
fn what_is_written_reads_as_what_was_sent() {
    for capture in captures() {
        let call = capture.call();
        let written = protocol::encode_request(&call);
        let read = protocol::decode_request(&call.operation(), &written);
        assert_eq!(read, Ok(call), "{}", capture.name);
        // The Rust client has our spacing and, but for the order of maps and fractions of seconds,
        // our members' order.
        if capture.name == "rust/PollForJobs.http" {
            assert_eq!(written, capture.body);
        }
    }
}

#[test]
fn odd_characters_arrive_whole() {
    for capture in captures() {
        if let Call::PutJobFailureResult(request) = capture.call() {
            assert_eq!(
                request.failure_details.message.as_str(),
                "déploiement ✓ <failed> & \"quoted\" / back\\slash\nline two",
                "{}",
                capture.name
            );
        }
    }
}

#[test]
fn fractions_of_seconds_do_not_tell_clients_apart() {
    let mut seen = 0;
    for capture in captures() {
        if let Call::PutActionRevision(request) = capture.call() {
            seen += 1;
            let created = request.action_revision.created;
            assert_eq!(created.epoch_seconds(), 1_433_961_000, "{}", capture.name);
        }
    }
    assert_eq!(seen, 8);
}

#[test]
fn every_signature_names_its_region() {
    for capture in captures() {
        let header = capture.header("authorization").unwrap();
        let authorization = Authorization::parse(header).unwrap();
        assert_eq!(authorization.access_key_id(), "AKIAIOSFODNN7EXAMPLE");
        let scope = authorization.scope();
        assert_eq!(scope.region().unwrap().as_str(), "us-east-1");
        assert_eq!(scope.service(), "codepipeline");
        let signed = authorization.signed_headers();
        for name in signed {
            assert!(capture.header(&name).is_some(), "{}: {name}", capture.name);
        }
        if capture.name.contains("inside-connect") {
            assert!(is_codepipeline_host(capture.header("host").unwrap()));
        }
    }
}
