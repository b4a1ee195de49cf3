//! Requests of eight real clients, captured byte for byte, recorded.

use std::path::PathBuf;
use std::{fs, str};

use pipetape_testkit::head_end;

use crate::testing::{Act, Options, Record, SECRET, Upstream, ok, verify};

const WIRE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/wire");

/// Every capture, the `CONNECT`s aside.
fn captures() -> Vec<PathBuf> {
    let clients = fs::read_dir(WIRE)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = clients.filter(|path| path.is_dir()).flat_map(|client| {
        let files = fs::read_dir(client).unwrap();
        files.map(|entry| entry.unwrap().path())
    });
    files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "http")
        })
        .filter(|path| path.file_stem().unwrap() != "CONNECT")
        .collect()
}

#[tokio::test]
async fn every_capture_is_forwarded_under_a_signature_that_holds() {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let (record, log) = Record::start(Options::to(&upstream.url())).await;
    let captures = captures();
    assert!(captures.len() > 100, "{}", captures.len());
    for (number, path) in captures.iter().enumerate() {
        let name = path.display();
        let bytes = fs::read(path).unwrap();
        let end = head_end(&bytes).unwrap();
        // The client talked to another address then.
        let head = str::from_utf8(&bytes[..end]).unwrap();
        let lines = head.split_inclusive("\r\n").map(|line| {
            let is_host = line.to_ascii_lowercase().starts_with("host:");
            if is_host { "Host: localhost\r\n" } else { line }
        });
        let head: String = lines.collect();
        let (start, rest) = head.split_once("\r\n").unwrap();
        let start = match start.split(' ').nth(1).unwrap() {
            target if target.starts_with("http://") => start.replace(target, "http://localhost/"),
            _ => start.to_owned(),
        };
        let request = [format!("{start}\r\n{rest}").as_bytes(), &bytes[end..]].concat();
        let answer = record.client().await.ask(request).await;
        assert_eq!(answer.status(), 200, "{name}: {}", answer.text());
        let received = upstream.received();
        assert_eq!(received.len(), number + 1, "{name}");
        let sent = &received[number];
        verify(sent, SECRET).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(sent.body, bytes[end..], "{name}");
        let kept = log.kept();
        let operation = path.file_name().unwrap().to_str().unwrap();
        let operation = operation.split('.').next().unwrap();
        assert_eq!(kept[number].operation.name(), operation, "{name}");
    }
}
