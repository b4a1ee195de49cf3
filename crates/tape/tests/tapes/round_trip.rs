//! Any tape comes back: from its file, from a store, and by way of both.

use std::path::Path;

use pipetape_tape::{Exchange, MatchKey, Store, Tape, read_tape, read_tape_file, write_tape};
use proptest::prelude::*;

use crate::any;
use crate::appending::append_one;

fn text(tape: &Tape) -> Vec<u8> {
    let mut text = Vec::new();
    write_tape(tape, &mut text).unwrap();
    text
}

fn read(text: &[u8]) -> Tape {
    read_tape(text, Path::new("any.tape.json")).unwrap_or_else(|error| {
        panic!("{error}\n{}", String::from_utf8_lossy(text));
    })
}

fn key(exchange: &Exchange) -> MatchKey {
    MatchKey::of(&exchange.operation, &exchange.request.body, &[])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_file_gives_the_tape_back(tape in any::tape()) {
        let first = text(&tape);
        let back = read(&first);
        prop_assert_eq!(&back.rules, &tape.rules);
        prop_assert_eq!(back.exchanges.len(), tape.exchanges.len());
        for (back, exchange) in back.exchanges.iter().zip(&tape.exchanges) {
            // A request is only matched: its spacing may change, its key may not.
            prop_assert_eq!(key(back), key(exchange));
            let with_body = Exchange { request: exchange.request.clone(), ..back.clone() };
            prop_assert_eq!(&with_body, exchange);
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("any.tape.json");
        std::fs::write(&path, &first).unwrap();
        prop_assert_eq!(&read_tape_file(&path).unwrap(), &back);
        prop_assert_eq!(text(&back), first);
    }

    #[test]
    fn a_file_is_the_json_that_everyone_indents_alike(tape in any::tape()) {
        let text = String::from_utf8(text(&tape)).unwrap();
        let one_newline = text.ends_with("}\n") && !text.ends_with("\n\n");
        prop_assert!(one_newline);
        for line in text.lines() {
            let indent = line.len() - line.trim_start_matches(' ').len();
            prop_assert_eq!(indent % 2, 0, "{}", line);
            prop_assert_eq!(line.trim_end_matches(' '), line);
        }
        prop_assert!(serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Recorded, exported, imported, exported.
    #[test]
    fn by_way_of_a_store(exchanges in proptest::collection::vec(any::exchange(), 0..5), tape in any::tape()) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path().join("store"));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();

        let rules = tape.rules.clone().unwrap_or_default();
        let name = "recorded".parse().unwrap();
        let writer = store.record(&name, Default::default(), rules.clone()).unwrap();
        for (seq, exchange) in (1..).zip(&exchanges) {
            prop_assert_eq!(runtime.block_on(append_one(&writer, exchange.clone())).unwrap(), seq);
            prop_assert_eq!(writer.last_kept(), seq);
        }
        runtime.block_on(writer.finish()).unwrap();
        let recorded = store.load(&name).unwrap();
        let expected: Vec<_> = (1..).zip(exchanges).map(|(seq, exchange)| exchange.numbered(seq)).collect();
        prop_assert_eq!(&recorded.exchanges, &expected);
        prop_assert_eq!(recorded.rules, Some(rules));

        store.import(&tape).unwrap();
        let stored = store.load(&tape.name).unwrap();
        prop_assert_eq!(&stored, &tape);
        let first = text(&stored);
        let mut again = read(&first);
        again.name = "again".parse().unwrap();
        store.import(&again).unwrap();
        let second = store.load(&again.name).unwrap();
        prop_assert_eq!(text(&Tape { name: tape.name, ..second }), first);
    }
}
