//! Looks for secrets in whatever a run left behind, also in disguise.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// From this length on, the halves of a secret are looked for, too: a store may split a value.
const SPLIT_FROM: usize = 24;

/// A text to look for, in every form in which it could have been written.
struct Needle {
    secret: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Needle {
    fn new(secret: &str) -> Self {
        let mut forms = forms(secret);
        if secret.len() >= SPLIT_FROM {
            let middle = secret.len() / 2;
            forms.push(("first half", secret.as_bytes()[..middle].to_vec()));
            forms.push(("second half", secret.as_bytes()[middle..].to_vec()));
        }
        Self {
            secret: secret.to_owned(),
            forms,
        }
    }

    fn found_in(&self, bytes: &[u8]) -> Option<&'static str> {
        self.forms
            .iter()
            .find(|(_, form)| contains(bytes, form))
            .map(|(name, _)| *name)
    }
}

/// A list of secrets that must not be seen.
pub(crate) struct Secrets {
    needles: Vec<Needle>,
}

impl Secrets {
    /// Looks for these.
    pub(crate) fn new(secrets: &[&str]) -> Self {
        Self {
            needles: secrets.iter().map(|secret| Needle::new(secret)).collect(),
        }
    }

    /// Asserts that none of them stands in `bytes`.
    #[track_caller]
    pub(crate) fn assert_absent(&self, place: &str, bytes: &[u8]) {
        let found = self.found_in(bytes);
        assert!(found.is_empty(), "in {place}: {found:?}");
    }

    /// Asserts that none of them stands in a file below `directory`, or in its name; returns the number of files.
    #[track_caller]
    pub(crate) fn assert_absent_below(&self, directory: &Path) -> usize {
        let mut files = 0;
        for path in everything_below(directory) {
            let name = path.to_string_lossy().into_owned();
            self.assert_absent("a file's name", name.as_bytes());
            if path.is_file() {
                files += 1;
                self.assert_absent(&name, &fs::read(&path).expect("a readable file"));
            }
        }
        files
    }

    /// Which secrets stand in `bytes`, and in which form.
    fn found_in(&self, bytes: &[u8]) -> Vec<(&str, &'static str)> {
        self.needles
            .iter()
            .filter_map(|needle| Some((needle.secret.as_str(), needle.found_in(bytes)?)))
            .collect()
    }
}

/// Every file and directory below, in no order.
pub(crate) fn everything_below(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("a readable directory") {
            let entry = entry.expect("entry of a directory");
            if entry.file_type().expect("type of an entry").is_dir() {
                open.push(entry.path());
            }
            found.push(entry.path());
        }
    }
    found
}

/// Whether `needle` stands anywhere in `haystack`. Compares only where the first byte fits: stores are megabytes.
pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else {
        return true;
    };
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|byte| byte == first) {
        from += at + 1;
        if haystack[from..].starts_with(rest) {
            return true;
        }
    }
    false
}

fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let text = |write: &dyn Fn(u8) -> String| -> Vec<u8> {
        bytes
            .iter()
            .map(|byte| write(*byte))
            .collect::<String>()
            .into_bytes()
    };
    let encoded = |byte: u8, escape: &dyn Fn(u8) -> String| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte).to_string()
        } else {
            escape(byte)
        }
    };
    let escaped_slashes = secret.replace('/', "\\/").into_bytes();
    let mut forms = vec![
        ("as it is", bytes.to_vec()),
        (
            "UTF-16, low byte first",
            secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "UTF-16, high byte first",
            secret.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
        ("hexadecimal", text(&|byte| format!("{byte:02x}"))),
        (
            "hexadecimal, upper case",
            text(&|byte| format!("{byte:02X}")),
        ),
        ("JSON escapes", text(&|byte| format!("\\u{byte:04x}"))),
        ("JSON with escaped slashes", escaped_slashes),
        (
            "percent-encoded",
            text(&|byte| encoded(byte, &|byte| format!("%{byte:02X}"))),
        ),
        (
            "percent-encoded, lower case",
            text(&|byte| encoded(byte, &|byte| format!("%{byte:02x}"))),
        ),
        (
            "bytes as a list",
            format!("{bytes:?}")
                .trim_matches(['[', ']'])
                .as_bytes()
                .to_vec(),
        ),
    ];
    for engine in [&STANDARD, &URL_SAFE] {
        // Somewhere within encoded text, a secret starts at one of three places in a group.
        for before in 0..3 {
            let padded = [&vec![0; before][..], bytes].concat();
            let encoded = engine.encode(&padded);
            // Characters that also hold bits of a neighbour are left out on both sides.
            let start = [0, 2, 3][before];
            let end = padded.len() * 8 / 6;
            forms.push(("base64", encoded.as_bytes()[start..end].to_vec()));
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    #[test]
    fn every_disguise_is_seen_through() {
        let secrets = Secrets::new(&["unrelated", SECRET]);
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
        let escaped: String = SECRET
            .bytes()
            .map(|byte| format!("\\u{byte:04x}"))
            .collect();
        let mut disguises = vec![
            SECRET.as_bytes().to_vec(),
            SECRET.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            SECRET.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            hex.to_uppercase().into_bytes(),
            hex.into_bytes(),
            escaped.into_bytes(),
            SECRET.replace('/', "\\/").into_bytes(),
            SECRET.replace('/', "%2F").into_bytes(),
            format!("{:?}", SECRET.as_bytes()).into_bytes(),
            SECRET.as_bytes()[..20].to_vec(),
            SECRET.as_bytes()[20..].to_vec(),
        ];
        for (before, after) in [
            ("", ""),
            ("a", ""),
            ("ab", "x"),
            ("abc", "xy"),
            ("abcd", "xyz"),
        ] {
            let whole = format!("{before}{SECRET}{after}");
            disguises.push(STANDARD.encode(&whole).into_bytes());
            disguises.push(URL_SAFE.encode(&whole).into_bytes());
        }
        for disguise in disguises {
            let noisy = [b"w wJ\0".as_slice(), &disguise, b"\0wJalrXU"].concat();
            let found = secrets.found_in(&noisy);
            let shown = String::from_utf8_lossy(&disguise);
            assert_eq!(found.len(), 1, "{shown}");
            assert_eq!(found[0].0, SECRET, "{shown}");
        }
        assert!(secrets.found_in(b"wJalrXUtnFEMI/ K7MDENG").is_empty());
        assert!(secrets.found_in(b"").is_empty());
    }

    #[test]
    fn files_are_found_at_any_depth() {
        let directory = tempfile::tempdir().unwrap();
        let deep = directory.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), "nothing").unwrap();
        assert_eq!(everything_below(directory.path()).len(), 3);
        assert_eq!(
            Secrets::new(&[SECRET]).assert_absent_below(directory.path()),
            1
        );
    }
}
