//! A job's id or a nonce, in little memory.

use std::hash::{DefaultHasher, Hasher};

use crate::matching::shown_text;

/// A job's id or a nonce: distinguished by a hash, shown as misses show values. Whatever its
/// length, it takes about 150 bytes at most.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Label {
    shown: Box<str>,
    digest: u64,
}

impl Label {
    pub(crate) fn of(text: &[u8]) -> Label {
        let mut hash = DefaultHasher::new();
        hash.write(text);
        Label {
            shown: shown_text(text).into(),
            digest: hash.finish(),
        }
    }

    /// In quotes, escaped and cut.
    pub(crate) fn quoted(&self) -> &str {
        &self.shown
    }

    /// The same without quotes, if it was not cut.
    pub(crate) fn plain(&self) -> &str {
        let inner = self.shown.strip_prefix('"');
        inner
            .and_then(|inner| inner.strip_suffix('"'))
            .unwrap_or(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_bounded_and_told_apart() {
        for (text, quoted, plain) in [
            ("3", "\"3\"", "3"),
            ("", "\"\"", ""),
            ("a\u{1b}[2J", "\"a\\u{1b}[2J\"", "a\\u{1b}[2J"),
        ] {
            let label = Label::of(text.as_bytes());
            assert_eq!((label.quoted(), label.plain()), (quoted, plain));
        }
        let long = "a".repeat(1_000_000);
        let (one, other) = (Label::of(long.as_bytes()), Label::of(&long.as_bytes()[1..]));
        assert!(one.quoted().len() < 120, "{}", one.quoted());
        assert_eq!(one.plain(), one.quoted());
        assert_ne!(one, other);
        let same_length = format!("{}b", &long[1..]);
        assert_eq!(one.quoted(), Label::of(same_length.as_bytes()).quoted());
        assert_ne!(one, Label::of(same_length.as_bytes()));
    }
}
