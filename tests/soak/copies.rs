//! A backup taken while a recording runs: a copy of the store's files, one after the other, opens with a prefix.

use pipetape_testkit::copy;

use crate::soak::load::{on_tape, under_load, upstream};
use crate::soak::scale::{figure, pick};
use crate::support::random::Random;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::exchanges;

#[test]
fn copies_of_a_store_that_is_written_open_with_a_prefix() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let mut random = Random::seeded(0x636f_7079);
    let mut copies = Vec::new();
    let mut server = sandbox.record("t", &upstream.url(), &[]);
    under_load(&mut server, "0", |_, load| {
        for number in 0..pick(8, 60) {
            load.random_moment(&mut random);
            let name = format!("copy-{number}");
            copy(&sandbox.store(), &sandbox.path(&name));
            copies.push(name);
        }
    });
    server.stop_ok();
    let whole = exchanges(&sandbox.export("t"));
    let mut lengths = Vec::new();
    for name in &copies {
        let exported = sandbox.ok(&["--store", &sandbox.arg(name), "export", "t"]);
        on_tape(&exported);
        let part = exchanges(&exported);
        assert!(part.len() <= whole.len(), "{name}");
        assert_eq!(part[..], whole[..part.len()], "{name} is no prefix");
        lengths.push(part.len());
    }
    // Each copy began after the one before it had ended, so it has at least what that one has.
    assert!(lengths.is_sorted(), "{lengths:?}");
    assert!(lengths.iter().any(|length| *length > 0), "{lengths:?}");
    figure(
        "copies of a store mid-write",
        format!(
            "{} opened, {} exchanges at the end",
            copies.len(),
            whole.len()
        ),
    );
}
