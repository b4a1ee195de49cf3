//! What the store promises.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pipetape_tape::{RecordMode, Rules, Store, StoreError, Tape, TapeName, TapeState, TapeWriter};

use crate::any::{plain, told};
use crate::appending::append_one;

fn name(text: &str) -> TapeName {
    text.parse().unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

fn append(writer: &TapeWriter, jobs: std::ops::Range<u64>) {
    for n in jobs {
        runtime().block_on(append_one(writer, plain(n))).unwrap();
    }
}

fn record(
    store: &Store,
    tape: &str,
    mode: RecordMode,
    jobs: std::ops::Range<u64>,
) -> pipetape_tape::Finished {
    let writer = store.record(&name(tape), mode, Rules::default()).unwrap();
    append(&writer, jobs);
    runtime().block_on(writer.finish()).unwrap()
}

fn jobs(store: &Store, tape: &str) -> Vec<(u64, String)> {
    told(&store.load(&name(tape)).unwrap().exchanges)
}

fn job(seq: u64, n: u64) -> (u64, String) {
    (seq, format!(r#"{{"jobId":"job-{n}","nonce":"3"}}"#))
}

#[test]
fn modes() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("a/b"));
    assert!(store.list().unwrap().is_empty());
    assert!(!store.directory().exists(), "looking makes nothing");

    let finished = record(&store, "t", RecordMode::Fresh, 1..3);
    assert_eq!((finished.written, finished.on_tape), (2, 2));
    let error = store
        .record(&name("t"), RecordMode::Fresh, Rules::default())
        .unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    assert_eq!(jobs(&store, "t"), [job(1, 1), job(2, 2)]);

    let other_rules = Rules {
        keep_account_ids: true,
        ..Rules::default()
    };
    let writer = store
        .record(&name("t"), RecordMode::Append, other_rules)
        .unwrap();
    assert!(
        !writer.rules().keep_account_ids,
        "the tape's own rules hold"
    );
    assert_eq!(writer.last_kept(), 2);
    append(&writer, 3..4);
    let finished = runtime().block_on(writer.finish()).unwrap();
    assert_eq!((finished.written, finished.on_tape), (1, 3));
    assert_eq!(jobs(&store, "t"), [job(1, 1), job(2, 2), job(3, 3)]);

    let finished = record(&store, "t", RecordMode::Overwrite, 9..10);
    assert_eq!(
        (finished.written, finished.on_tape, finished.left_old),
        (1, 1, false)
    );
    assert_eq!(jobs(&store, "t"), [job(1, 9)]);

    // Nothing recorded: nothing to put in its place.
    assert!(record(&store, "t", RecordMode::Overwrite, 0..0).left_old);
    assert_eq!(jobs(&store, "t"), [job(1, 9)]);

    assert_eq!(record(&store, "new", RecordMode::Append, 5..6).on_tape, 1);
    assert_eq!(
        record(&store, "newer", RecordMode::Overwrite, 5..6).on_tape,
        1
    );
    assert_eq!(jobs(&store, "newer"), [job(1, 5)]);

    // A tape with nothing on it is no tape to lose.
    record(&store, "empty", RecordMode::Fresh, 0..0);
    assert_eq!(jobs(&store, "empty"), []);
    record(&store, "empty", RecordMode::Fresh, 1..2);
    assert_eq!(jobs(&store, "empty"), [job(1, 1)]);
}

#[test]
fn an_overwriting_recorder_that_is_killed_keeps_what_clients_saw() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path());
    record(&store, "t", RecordMode::Fresh, 1..3);
    for kept in [0..0, 7..9] {
        let is_empty = kept.is_empty();
        let writer = store
            .record(&name("t"), RecordMode::Overwrite, Rules::default())
            .unwrap();
        append(&writer, kept);
        drop(writer);
        let expected = if is_empty {
            [job(1, 1), job(2, 2)]
        } else {
            [job(1, 7), job(2, 8)]
        };
        assert_eq!(wait_for(&store, "t"), expected);
    }
    let [summary] = &store.list().unwrap()[..] else {
        panic!("one tape");
    };
    let TapeState::Unfinished(facts) = &summary.state else {
        panic!("{:?}", summary.state);
    };
    assert_eq!(facts.exchanges, 2);
    record(&store, "t", RecordMode::Append, 9..10);
    let summary = &store.list().unwrap()[0];
    assert!(
        matches!(&summary.state, TapeState::Finished(facts) if facts.exchanges == 3 && facts.last_seq == 3)
    );
    assert!(summary.bytes > 0);
}

/// A dropped writer lets go of the tape a moment later.
fn wait_for(store: &Store, tape: &str) -> Vec<(u64, String)> {
    for _ in 0..1000 {
        match store.load(&name(tape)) {
            Err(StoreError::InUse { .. }) => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            loaded => return told(&loaded.unwrap().exchanges),
        }
    }
    panic!("never let go");
}

#[test]
fn a_tape_that_is_being_recorded_is_nobody_elses() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path());
    let writer = store
        .record(&name("t"), RecordMode::Fresh, Rules::default())
        .unwrap();
    append(&writer, 1..2);
    let in_use = |result: Result<(), StoreError>| {
        let error = result.unwrap_err();
        assert!(!error.is_damage());
        let pid = std::process::id();
        assert_eq!(
            error.to_string(),
            format!("tape `t` is in use by process {pid}: stop it first")
        );
    };
    in_use(store.load(&name("t")).map(drop));
    in_use(store.delete(&name("t")));
    in_use(
        store
            .record(&name("t"), RecordMode::Append, Rules::default())
            .map(drop),
    );
    in_use(store.import(&Tape {
        name: name("t"),
        rules: None,
        exchanges: Vec::new(),
    }));
    let pid = Some(std::process::id());
    assert_eq!(store.list().unwrap()[0].state, TapeState::InUse { pid });
    record(&store, "other", RecordMode::Fresh, 1..2);
    runtime().block_on(writer.finish()).unwrap();
    assert_eq!(jobs(&store, "t"), [job(1, 1)]);
    assert_eq!(store.list().unwrap().len(), 2);
}

#[test]
fn many_writers_share_a_batch_and_every_number_is_given_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path());
    let writer = store
        .record(&name("t"), RecordMode::Fresh, Rules::default())
        .unwrap();
    let mut seqs = runtime().block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..2000 {
            let writer = writer.clone();
            tasks.spawn(async move {
                let seq = append_one(&writer, plain(n)).await.unwrap();
                assert!(writer.last_kept() >= seq, "kept before it is answered");
                seq
            });
        }
        tasks.join_all().await
    });
    seqs.sort_unstable();
    assert!(seqs.into_iter().eq(1..=2000));
    let finished = runtime().block_on(writer.finish()).unwrap();
    assert_eq!(finished.on_tape, 2000);
    assert_eq!(store.load(&name("t")).unwrap().exchanges.len(), 2000);
}

#[test]
fn large_bodies_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path());
    let mut exchange = plain(1);
    let body: Vec<u8> = (0..3_000_000u32).map(|n| (n ^ (n >> 7)) as u8).collect();
    exchange.request.body = body.into();
    let expected = exchange.clone().numbered(1);
    let writer = store
        .record(&name("t"), RecordMode::Fresh, Rules::default())
        .unwrap();
    runtime().block_on(append_one(&writer, exchange)).unwrap();
    runtime().block_on(writer.finish()).unwrap();
    assert_eq!(store.load(&name("t")).unwrap().exchanges, [expected]);
}

#[test]
fn nobody_else_can_read_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("store"));
    record(&store, "t", RecordMode::Fresh, 1..3);
    store
        .import(&Tape {
            name: name("imported"),
            rules: None,
            exchanges: Vec::new(),
        })
        .unwrap();
    let mut seen = 0;
    check_modes(store.directory(), &mut seen);
    assert!(seen > 8, "{seen} files and directories");
    assert_eq!(
        fs::read_to_string(store.directory().join(".gitignore")).unwrap(),
        "*\n"
    );
}

fn check_modes(path: &Path, seen: &mut u32) {
    let metadata = path.metadata().unwrap();
    let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
    assert_eq!(
        metadata.permissions().mode() & 0o777,
        expected,
        "{}",
        path.display()
    );
    *seen += 1;
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            check_modes(&entry.unwrap().path(), seen);
        }
    }
}

#[test]
fn deleting() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path());
    let error = store.delete(&name("t")).unwrap_err();
    assert!(matches!(error, StoreError::NoSuchTape { .. }), "{error}");
    record(&store, "t", RecordMode::Fresh, 1..3);
    let writer = store
        .record(&name("t"), RecordMode::Overwrite, Rules::default())
        .unwrap();
    append(&writer, 5..6);
    drop(writer);
    while matches!(store.delete(&name("t")), Err(StoreError::InUse { .. })) {}
    assert!(store.list().unwrap().is_empty());
    let left: Vec<_> = fs::read_dir(store.directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, [".gitignore"]);
}

/// An older build would take what we add for damage: it has to find that it is too old.
#[test]
fn a_tape_of_an_older_layout_is_read_as_it_is_and_marked_when_it_is_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("s"));
    record(&store, "t", RecordMode::Fresh, 1..3);
    let layout = store.directory().join("t/layout");
    let version = || fs::read_to_string(&layout).unwrap();
    let current = version();
    fs::write(&layout, "pipetape-store/1\n").unwrap();
    assert_eq!(jobs(&store, "t"), [job(1, 1), job(2, 2)]);
    assert_eq!(version(), "pipetape-store/1\n");
    record(&store, "t", RecordMode::Append, 3..4);
    assert_eq!(jobs(&store, "t"), [job(1, 1), job(2, 2), job(3, 3)]);
    assert_eq!(version(), current);
}

#[test]
fn a_store_that_cannot_be_made_says_where() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    let store = Store::new(file.join("store"));
    let error = store
        .record(&name("t"), RecordMode::Fresh, Rules::default())
        .unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
    assert!(error.to_string().contains("file/store"), "{error}");
    assert!(!error.is_damage());
}
