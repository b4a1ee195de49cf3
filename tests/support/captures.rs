//! The captured requests of real clients.

use std::fs;
use std::path::{Path, PathBuf};

use super::message::{Message, Side, Wire};

/// One captured request.
pub(crate) struct Capture {
    /// `CLIENT/FILE`.
    pub(crate) name: String,
    /// The client's directory.
    pub(crate) client: String,
    /// The operation, from the file's name.
    pub(crate) operation: String,
    /// What stands between operation and `.http`, such as `attempt2`.
    pub(crate) variant: Option<String>,
    /// Every byte.
    pub(crate) bytes: Vec<u8>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Capture {
    fn read(path: &Path) -> Self {
        let part = |path: Option<&std::ffi::OsStr>| path.expect("a name").display().to_string();
        let client = part(path.parent().and_then(Path::file_name));
        let file = part(path.file_name());
        let stem = file.trim_end_matches(".http");
        let (operation, variant) = match stem.split_once('.') {
            Some((operation, variant)) => (operation, Some(variant.to_owned())),
            None => (stem, None),
        };
        let bytes = fs::read(path).expect("a capture");
        let mut capture = Self {
            name: format!("{client}/{file}"),
            operation: operation.to_owned(),
            client,
            variant,
            bytes,
            body: Vec::new(),
        };
        capture.body = capture.message().body;
        capture
    }

    /// The request, taken apart.
    pub(crate) fn message(&self) -> Message {
        let message = Wire::new(self.bytes.as_slice())
            .message(Side::Request)
            .expect("bytes never fail")
            .expect("a capture is not empty");
        assert!(!message.cut, "{}", self.name);
        message
    }
}

/// Every signed request, sorted by path: all captures but the heads of `CONNECT`.
pub(crate) fn signed() -> Vec<Capture> {
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
    let captures: Vec<Capture> = found
        .iter()
        .map(|path| Capture::read(path))
        .filter(|capture| capture.operation != "CONNECT")
        .collect();
    assert_eq!(captures.len(), 116, "signed captures in tests/wire");
    captures
}

/// The root of the work tree: the first directory upwards of the crate that holds `tests/wire`.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|directory| directory.join("tests/wire").is_dir())
        .expect("a work tree with tests/wire")
        .to_owned()
}
