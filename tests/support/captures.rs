//! Where the captured requests of real clients lie.

use std::fs;
use std::path::{Path, PathBuf};

/// Every capture, sorted by path.
pub(crate) fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for client in fs::read_dir(repository().join("tests/wire")).expect("tests/wire") {
        let client = client.expect("entry of tests/wire").path();
        if client.is_dir() {
            found.extend(
                fs::read_dir(client)
                    .expect("captures of a client")
                    .map(|entry| entry.expect("entry").path())
                    .filter(|path| path.extension().is_some_and(|found| found == "http")),
            );
        }
    }
    found.sort();
    found
}

/// The root of the work tree: the first directory upwards of the crate that holds `tests/wire`.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|directory| directory.join("tests/wire").is_dir())
        .expect("a work tree with tests/wire")
        .to_owned()
}
