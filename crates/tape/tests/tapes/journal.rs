//! A kill between the answer and the moment at which sled has the exchange: it is on the tape all the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pipetape_tape::{RecordMode, Rules, Store, StoreError, Tape, TapeName, TapeState, TapeWriter};
use pipetape_testkit::copy;

use crate::any::{plain, told};
use crate::appending::append_one;

fn tape() -> TapeName {
    "t".parse().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn record(store: &Store, mode: RecordMode) -> TapeWriter {
    store.record(&tape(), mode, Rules::default()).unwrap()
}

fn append(writer: &TapeWriter, jobs: std::ops::Range<u64>) {
    for n in jobs {
        block_on(append_one(writer, plain(n))).unwrap();
    }
}

fn seqs(store: &Store) -> Vec<u64> {
    let exchanges = store.load(&tape()).unwrap().exchanges;
    told(&exchanges).into_iter().map(|(seq, _)| seq).collect()
}

/// Records `jobs`, and gives the store as a kill could leave it: all is in the journal, in `place`, and nothing in sled.
fn killed(store: &Store, mode: RecordMode, jobs: std::ops::Range<u64>, place: &str) -> Store {
    let left = PathBuf::from(format!("{}-killed", store.directory().display()));
    let _ = fs::remove_dir_all(&left);
    let writer = record(store, mode);
    copy(store.directory(), &left);
    append(&writer, jobs);
    let journal = Path::new(place).join("journal");
    fs::copy(store.directory().join(&journal), left.join(&journal)).unwrap();
    block_on(writer.finish()).unwrap();
    Store::new(left)
}

/// Such a store, with exchanges 1 to 3.
fn killed_behind_3(directory: &Path) -> Store {
    let store = Store::new(directory.join("s"));
    killed(&store, RecordMode::Fresh, 1..4, "t")
}

#[test]
fn what_only_the_journal_has_is_on_the_tape() {
    let directory = tempfile::tempdir().unwrap();
    let store = killed_behind_3(directory.path());
    let listed = store.list().unwrap();
    let state = &listed[0].state;
    assert!(
        matches!(state, TapeState::Unfinished(facts) if facts.exchanges == 3 && facts.last_seq == 3),
        "{state:?}"
    );
    assert_eq!(seqs(&store), [1, 2, 3]);
    assert_eq!(seqs(&store), [1, 2, 3], "reading takes nothing away");
    let refused = store.record(&tape(), RecordMode::Fresh, Rules::default());
    assert!(matches!(refused, Err(StoreError::Exists { .. })));

    // Going on takes it into sled, and begins a new journal.
    let store = killed(&store, RecordMode::Append, 4..6, "t");
    assert_eq!(seqs(&store), [1, 2, 3, 4, 5]);
    let writer = record(&store, RecordMode::Append);
    append(&writer, 6..7);
    let finished = block_on(writer.finish()).unwrap();
    assert_eq!((finished.written, finished.on_tape), (1, 6));
    assert_eq!(seqs(&store), [1, 2, 3, 4, 5, 6]);
    assert!(!store.directory().join("t/journal").exists());
}

#[test]
fn a_record_that_a_kill_cut_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let store = killed_behind_3(directory.path());
    let path = store.directory().join("t/journal");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(seqs(&store), [1, 2]);
    let writer = record(&store, RecordMode::Append);
    append(&writer, 9..10);
    block_on(writer.finish()).unwrap();
    assert_eq!(seqs(&store), [1, 2, 3]);
}

/// The directory of a store may come from anywhere.
#[test]
fn a_hostile_journal_is_damage_or_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = killed_behind_3(directory.path());
    let path = store.directory().join("t/journal");
    let whole = fs::read(&path).unwrap();
    // A length of 4 GiB, and nothing behind it.
    fs::write(&path, [&whole[..], &[0xff; 16]].concat()).unwrap();
    assert_eq!(seqs(&store), [1, 2, 3]);

    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    let error = store.load(&tape()).unwrap_err();
    assert!(error.is_damage(), "{error}");
    let listed = store.list().unwrap();
    let state = &listed[0].state;
    assert!(matches!(state, TapeState::Unreadable(_)), "{state:?}");
    store.delete(&tape()).unwrap();
}

#[test]
fn behind_the_highest_number_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("s"));
    let imported = Tape {
        name: tape(),
        rules: None,
        exchanges: vec![plain(1).numbered(u64::MAX)],
    };
    store.import(&imported).unwrap();
    let writer = record(&store, RecordMode::Append);
    let error = block_on(append_one(&writer, plain(2))).unwrap_err();
    assert!(error.to_string().contains("highest number"), "{error}");
    let finished = block_on(writer.finish());
    assert!(matches!(finished, Err(StoreError::Incomplete { .. })));
    assert_eq!(seqs(&store), [u64::MAX]);
}

#[test]
fn an_overwriting_recording_that_is_only_in_its_journal_takes_the_tapes_place() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("s"));
    let writer = record(&store, RecordMode::Fresh);
    append(&writer, 1..4);
    block_on(writer.finish()).unwrap();
    let store = killed(&store, RecordMode::Overwrite, 7..9, ".t.new");
    assert_eq!(seqs(&store), [1, 2]);
    let request = store.load(&tape()).unwrap().exchanges[0].request.clone();
    assert_eq!(request, plain(7).request);
}

/// Not read, and not gone on with: that would do away with what is behind the damage.
#[test]
fn damage_in_the_journal_is_no_end_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = killed_behind_3(directory.path());
    let path = store.directory().join("t/journal");
    let mut bytes = fs::read(&path).unwrap();
    bytes[20] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let missing = "exchanges after number 0 are missing";
    let error = store.load(&tape()).unwrap_err();
    assert!(
        error.is_damage() && error.to_string().contains(missing),
        "{error}"
    );
    for mode in [RecordMode::Append, RecordMode::Fresh] {
        let refused = store.record(&tape(), mode, Rules::default());
        assert!(refused.is_err(), "{mode:?}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "{mode:?}");
    }
}

/// A copy taken while a tape is recorded, or closed: what sled has of the journal stands on the tape once.
#[test]
fn a_journal_that_sled_has_already_adds_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("s"));
    let writer = record(&store, RecordMode::Fresh);
    append(&writer, 1..4);
    let journal = store.directory().join("t/journal");
    let bytes = fs::read(&journal).unwrap();
    block_on(writer.finish()).unwrap();
    fs::write(&journal, bytes).unwrap();
    fs::remove_file(store.directory().join("t/finished")).unwrap();
    assert_eq!(seqs(&store), [1, 2, 3]);
    let writer = record(&store, RecordMode::Append);
    append(&writer, 4..5);
    block_on(writer.finish()).unwrap();
    assert_eq!(seqs(&store), [1, 2, 3, 4]);
}

/// sled writes over what it has; a file that only grows can be copied at any time.
#[test]
fn while_a_tape_is_recorded_only_its_journal_changes() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("s"));
    let writer = record(&store, RecordMode::Fresh);
    append(&writer, 1..4);
    block_on(writer.finish()).unwrap();
    for mode in [RecordMode::Append, RecordMode::Overwrite] {
        let writer = record(&store, mode);
        let before = contents(store.directory());
        let mut large = plain(1);
        large.request.body = vec![b' '; 400_000].into();
        for _ in 0..30 {
            block_on(append_one(&writer, large.clone())).unwrap();
        }
        let after = contents(store.directory());
        let changed: Vec<_> = after
            .iter()
            .filter(|(path, bytes)| before.get(*path) != Some(bytes))
            .map(|(path, _)| path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(changed, ["journal"], "{mode:?}");
        block_on(writer.finish()).unwrap();
        let length = store.load(&tape()).unwrap().exchanges.len();
        assert_eq!(length, if mode == RecordMode::Append { 33 } else { 30 });
    }
}

/// Every file below a directory.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}
