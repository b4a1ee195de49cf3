//! A scanner for text that ought to be JSON and may not be: an answer cut in the middle, an HTML
//! page, a header value. Redaction runs on it, because a secret must be found in broken text too.

use std::ops::Range;

/// A stretch of the text. Pieces are adjacent: together they are the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// `{` or `[`.
    Open { at: usize, object: bool },
    /// `}` or `]`.
    Close { at: usize },
    /// `,`.
    Comma { at: usize },
    /// `:`.
    Colon { at: usize },
    /// A string, quotes included; `closed` says whether the last quote is there.
    String { range: Range<usize>, closed: bool },
    /// Anything else up to the next of the above: numbers, words, white space, markup.
    Other { range: Range<usize> },
}

/// Iterates over the [`Piece`]s of a text.
pub(crate) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let at = self.at;
        let piece = match *self.text.get(at)? {
            byte @ (b'{' | b'[') => Piece::Open {
                at,
                object: byte == b'{',
            },
            b'}' | b']' => Piece::Close { at },
            b',' => Piece::Comma { at },
            b':' => Piece::Colon { at },
            b'"' => {
                let end = string_end(self.text, at);
                let closed = end > at + 1
                    && self.text[end - 1] == b'"'
                    && !ends_in_escape(&self.text[at + 1..end]);
                self.at = end;
                return Some(Piece::String {
                    range: at..end,
                    closed,
                });
            }
            _ => {
                let end = self.text[at..]
                    .iter()
                    .position(|b| matches!(b, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"'))
                    .map_or(self.text.len(), |n| at + n);
                self.at = end;
                return Some(Piece::Other { range: at..end });
            }
        };
        self.at += 1;
        Some(piece)
    }
}

/// The index after the string token that starts at `at`; the end of `text` if it is not closed.
fn string_end(text: &[u8], at: usize) -> usize {
    let mut i = at + 1;
    while let Some(&byte) = text.get(i) {
        match byte {
            b'"' => return i + 1,
            b'\\' => i += 2,
            _ => i += 1,
        }
    }
    text.len()
}

/// Whether the quote that ends `inner` is itself escaped: the text was cut after `\"`.
fn ends_in_escape(inner: &[u8]) -> bool {
    let before = &inner[..inner.len() - 1];
    before.iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths(text: &[u8]) -> usize {
        Scanner::new(text)
            .map(|piece| match piece {
                Piece::String { range, .. } | Piece::Other { range } => range.len(),
                _ => 1,
            })
            .sum()
    }

    #[test]
    fn a_cut_string_is_seen_as_such() {
        let last = |text: &str| Scanner::new(text.as_bytes()).last();
        assert_eq!(
            last(r#"{"k":"sec"#),
            Some(Piece::String {
                range: 5..9,
                closed: false
            })
        );
        assert_eq!(
            last(r#"{"k":"sec\""#),
            Some(Piece::String {
                range: 5..11,
                closed: false
            })
        );
        assert_eq!(
            last(r#"{"k":"sec\\""#),
            Some(Piece::String {
                range: 5..12,
                closed: true
            })
        );
        assert_eq!(
            last("\""),
            Some(Piece::String {
                range: 0..1,
                closed: false
            })
        );
    }

    proptest! {
        #[test]
        fn pieces_cover_the_text(bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b'\\'), any::<u8>()], 0..64)) {
            prop_assert_eq!(lengths(&bytes), bytes.len());
        }
    }
}
