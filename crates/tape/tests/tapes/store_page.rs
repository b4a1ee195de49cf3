//! `docs/store.md` draws what is really there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pipetape_tape::{RecordMode, Rules, Store, TapeName};

use crate::any::plain;
use crate::appending::append_one;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn page() -> String {
    fs::read_to_string(Path::new(ROOT).join("docs/store.md")).unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn names(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| match name.starts_with("snap.") {
            true => "snap.*".to_owned(),
            false => name,
        })
        .collect()
}

/// The names that the page draws at this depth.
fn drawn(depth: usize) -> BTreeSet<String> {
    let page = page();
    let (_, after) = page.split_once("```text\n").unwrap();
    let (drawing, _) = after.split_once("```").unwrap();
    drawing
        .lines()
        .filter(|line| line.find(|letter| letter != ' ') == Some(2 * depth))
        .map(|line| line.split_whitespace().next().unwrap())
        .map(|name| name.trim_end_matches('/').to_owned())
        .collect()
}

#[test]
fn the_directory_has_what_is_drawn() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("s"));
    let name: TapeName = "NAME".parse().unwrap();
    let record = |mode| store.record(&name, mode, Rules::default()).unwrap();
    let mut seen = [BTreeSet::new(), BTreeSet::new()];
    let mut look = || {
        seen[0].append(&mut names(store.directory()));
        seen[1].append(&mut names(&store.directory().join("NAME")));
    };
    let writer = record(RecordMode::Fresh);
    let mut long = plain(1);
    long.request.body = vec![b' '; 1 << 20].into();
    block_on(append_one(&writer, long)).unwrap();
    look();
    block_on(writer.finish()).unwrap();
    store.load(&name).unwrap();
    let writer = record(RecordMode::Overwrite);
    look();
    block_on(writer.finish()).unwrap();
    // These two are there for a moment only.
    seen[0].extend([".NAME.old".to_owned(), ".NAME.gone".to_owned()]);
    assert_eq!(seen, [drawn(1), drawn(2)]);
}

#[test]
fn a_record_has_the_bytes_that_are_drawn() {
    let page = page();
    let (_, after) = page.split_once("```hex\n").unwrap();
    let (drawing, _) = after.split_once("```").unwrap();
    let drawn: Vec<u8> = drawing
        .lines()
        .flat_map(|line| line.split("  ").next().unwrap().split(' '))
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect();
    let journal = Path::new(ROOT).join("tests/stores/layout-2/killed/journal");
    let journal = fs::read(journal).unwrap();
    assert!(
        drawn.len() > 60 && journal.starts_with(&drawn),
        "{drawn:x?}"
    );
}
