//! The ids that findings compare: of jobs, nonces and calls.

use std::hash::{DefaultHasher, Hasher};
use std::num::NonZeroU64;

use http::HeaderMap;
use pipetape_core::Operation;
use pipetape_core::headers::INVOCATION_ID;

use super::calls::Act;
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

/// A hash of a call's `amz-sdk-invocation-id`: requests that share it are attempts at one call.
/// Retries of a client that sends none look like calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Invocation(NonZeroU64);

impl Invocation {
    /// Reads it from a request that has one. Only for results: nothing else is distinguished from
    /// its retries.
    pub fn of(operation: &Operation, headers: &HeaderMap) -> Option<Invocation> {
        if Act::of(operation) != Some(Act::Result) {
            return None;
        }
        let id = headers.get(INVOCATION_ID)?;
        let mut hash = DefaultHasher::new();
        hash.write(id.as_bytes());
        NonZeroU64::new(hash.finish() | 1).map(Invocation)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

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

    #[test]
    fn attempts_at_a_result_share_it() {
        let of = |operation: Operation, id: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(id) = id {
                headers.insert(INVOCATION_ID, HeaderValue::from_static(id));
            }
            Invocation::of(&operation, &headers)
        };
        let result = || Operation::PutJobSuccessResult;
        assert!(of(result(), Some("a")).is_some());
        assert_eq!(of(result(), Some("a")), of(result(), Some("a")));
        assert_ne!(of(result(), Some("a")), of(result(), Some("b")));
        assert_eq!(of(result(), None), None);
        assert_eq!(of(Operation::AcknowledgeJob, Some("a")), None);
    }
}
