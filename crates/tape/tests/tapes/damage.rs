//! Damage ends in an error that says so: never in a panic, a hang, or half a tape.

use std::fs;
use std::path::Path;

use pipetape_tape::{
    Player, PlayerConfig, RecordMode, Rules, Source, SourceError, Store, StoreError, TapeName,
};
use pipetape_testkit::copy;

use crate::any::plain;
use crate::appending::append_one;

const EXCHANGES: u64 = 300;

fn tape() -> TapeName {
    "t".parse().unwrap()
}

/// A finished tape of 300 exchanges.
fn recorded(directory: &Path) -> Store {
    let store = Store::new(directory);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let writer = store
        .record(&tape(), RecordMode::Fresh, Rules::default())
        .unwrap();
    for n in 0..EXCHANGES {
        let mut exchange = plain(n);
        exchange.request.body = vec![n as u8; 700].into();
        runtime.block_on(append_one(&writer, exchange)).unwrap();
    }
    runtime.block_on(writer.finish()).unwrap();
    store
}

/// Loads a damaged tape: all of it, or an error that is one of damage.
fn check(store: &Store, what: &str) -> bool {
    let source = Source::Stored(tape());
    let played = match Player::open(&source, store, PlayerConfig::default()) {
        Ok(player) => Ok(player),
        Err(SourceError::Store(error)) => Err(error),
        Err(error) => panic!("{what}: {error}"),
    };
    let loaded = store.load(&tape());
    match &played {
        Ok(player) => assert_eq!(player.unplayed(None, 0).1 as u64, EXCHANGES, "{what}"),
        Err(error) => assert!(error.is_damage(), "{what}: {error}"),
    }
    assert_eq!(played.is_ok(), loaded.is_ok(), "{what}: played and loaded");
    match loaded {
        Ok(tape) => {
            assert_eq!(
                tape.exchanges.len() as u64,
                EXCHANGES,
                "{what}: half a tape"
            );
            for (n, exchange) in (0..).zip(&tape.exchanges) {
                assert_eq!(
                    exchange.request.body,
                    vec![n as u8; 700],
                    "{what}: other bytes"
                );
            }
            false
        }
        Err(error) => {
            assert!(error.is_damage(), "{what}: {error}");
            true
        }
    }
}

#[test]
fn flipped_and_missing_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let sound = recorded(&directory.path().join("sound"));
    let mut noticed = 0;
    let mut at = 0;
    let length = fs::metadata(sound.directory().join("t/db")).unwrap().len() as usize;
    while at < length {
        for cut in [false, true] {
            let damaged = Store::new(directory.path().join("damaged"));
            let _ = fs::remove_dir_all(damaged.directory());
            copy(sound.directory(), damaged.directory());
            let file = damaged.directory().join("t/db");
            let mut bytes = fs::read(&file).unwrap();
            if cut {
                bytes.truncate(at);
            } else {
                let end = (at + 64).min(bytes.len());
                bytes[at..end].iter_mut().for_each(|byte| *byte ^= 0x55);
            }
            fs::write(&file, bytes).unwrap();
            noticed += u32::from(check(&damaged, &format!("db, byte {at}, cut {cut}")));
        }
        at += length / 20 + 1;
    }
    assert!(noticed > 10, "{noticed} noticed");
}

#[test]
fn a_damaged_snapshot_is_done_without() {
    let directory = tempfile::tempdir().unwrap();
    let store = recorded(&directory.path().join("store"));
    store.load(&tape()).unwrap();
    let tape_directory = store.directory().join("t");
    let snapshots = || {
        fs::read_dir(&tape_directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .starts_with("snap.")
            })
            .collect::<Vec<_>>()
    };
    let found = snapshots();
    assert!(!found.is_empty(), "sled writes a snapshot at each open");
    for path in &found {
        let mut bytes = fs::read(path).unwrap();
        bytes.iter_mut().for_each(|byte| *byte ^= 0xff);
        fs::write(path, bytes).unwrap();
    }
    fs::write(
        tape_directory.join("snap.FFFFFFFFFFFFFFFF.generating"),
        "half",
    )
    .unwrap();
    assert_eq!(
        store.load(&tape()).unwrap().exchanges.len() as u64,
        EXCHANGES
    );
}

#[test]
fn our_own_files() {
    let directory = tempfile::tempdir().unwrap();
    let sound = recorded(&directory.path().join("sound"));
    for (file, text, expected) in [
        (
            "layout",
            Some("pipetape-store/3\n"),
            "tape `t` has store layout 3, this build reads up to 2: upgrade pipetape to read it",
        ),
        ("layout", Some("x"), "its file `layout` can't be read"),
        ("layout", None, "its file `layout` is missing"),
        ("finished", Some("x"), "its file `finished` can't be read"),
        (
            "finished",
            Some(r#"{"exchanges":301,"last_seq":301,"first":null,"last":null}"#),
            "301 exchanges were written and 300 are left",
        ),
        ("conf", Some("nonsense that is longer than eight bytes"), ""),
    ] {
        let damaged = Store::new(directory.path().join("damaged"));
        let _ = fs::remove_dir_all(damaged.directory());
        copy(sound.directory(), damaged.directory());
        let path = damaged.directory().join("t").join(file);
        match text {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let error = damaged.load(&tape()).unwrap_err();
        assert!(error.is_damage(), "{file}: {error}");
        assert!(error.to_string().contains(expected), "{file}: {error}");
        let again = damaged.record(&tape(), RecordMode::Append, Rules::default());
        assert!(again.is_err_and(|error| error.is_damage()), "{file}");
        if file == "layout" && text == Some("x") {
            let fresh = damaged.record(&tape(), RecordMode::Fresh, Rules::default());
            assert!(
                matches!(fresh, Err(StoreError::Exists { .. })),
                "what is in doubt is not overwritten"
            );
        }
        damaged.delete(&tape()).unwrap();
    }
}

#[test]
fn an_empty_database_behind_a_finished_mark_is_no_empty_tape() {
    let directory = tempfile::tempdir().unwrap();
    let store = recorded(&directory.path().join("store"));
    fs::remove_file(store.directory().join("t/db")).unwrap();
    assert!(check(&store, "db removed"));
}
