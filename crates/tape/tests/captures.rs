//! Requests of real AWS clients, captured byte for byte, against the match key.
//!
//! The captures lie in the workspace's `tests/wire/CLIENT/OPERATION[.VARIANT].http`; every client
//! was given the same input values, so what they sent for one operation has one key.

#![expect(
    clippy::unwrap_used,
    reason = "a test without its input has failed, in its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use pipetape_core::Operation;
use pipetape_tape::{MatchKey, Redactor, Rules};

const WIRE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/wire");

/// Every captured request: client, operation, body.
fn captures() -> Vec<(String, Operation, Vec<u8>)> {
    let clients = fs::read_dir(WIRE)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = clients.filter(|client| client.is_dir()).flat_map(|client| {
        fs::read_dir(client)
            .unwrap()
            .map(|entry| entry.unwrap().path())
    });
    files.filter_map(|file| read(&file)).collect()
}

fn read(file: &PathBuf) -> Option<(String, Operation, Vec<u8>)> {
    let client = file.parent()?.file_name()?.to_str()?.to_owned();
    let bytes = fs::read(file).unwrap();
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let target = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("x-amz-target").then_some(value)
    })?;
    Some((
        client,
        Operation::from_target(target).unwrap(),
        bytes[end + 4..].to_vec(),
    ))
}

fn keys(
    redactor: Option<&Redactor>,
) -> BTreeMap<Operation, (BTreeSet<MatchKey>, BTreeSet<String>)> {
    let mut keys: BTreeMap<_, (BTreeSet<_>, BTreeSet<_>)> = BTreeMap::new();
    for (client, operation, body) in captures() {
        let body = match redactor {
            Some(redactor) => redactor.body(&body).into_owned(),
            None => body,
        };
        let key = MatchKey::of(&operation, &body, &[]);
        let (keys, clients) = keys.entry(operation).or_default();
        keys.insert(key);
        clients.insert(client);
    }
    keys
}

#[test]
fn one_call_has_one_key_whoever_sends_it() {
    assert_eq!(captures().len(), 116);
    for redactor in [None, Some(Redactor::for_replay(&Rules::default()))] {
        let keys = keys(redactor.as_ref());
        assert_eq!(keys.len(), 13, "operations");
        let mut all = BTreeSet::new();
        for (operation, (keys, clients)) in keys {
            assert_eq!(keys.len(), 1, "{operation}: keys of {clients:?}");
            assert!(clients.len() >= 4, "{operation}: {clients:?}");
            all.extend(keys);
        }
        assert_eq!(all.len(), 13, "no two operations share a key");
    }
}
