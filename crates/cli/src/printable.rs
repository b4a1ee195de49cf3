//! Text of tapes, clients and the system, made safe to print.

use std::borrow::Cow;

/// The text without anything that a terminal acts on: control characters, and the characters that
/// break lines or reorder them, are written as escapes such as `\u{1b}`.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_acted_on) {
        let mut out = String::with_capacity(text.len() + 16);
        for character in text.chars() {
            if is_acted_on(character) {
                out.extend(character.escape_default());
            } else {
                out.push(character);
            }
        }
        Cow::Owned(out)
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a terminal does more with a character than to show it.
fn is_acted_on(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Marks of direction, line and paragraph ends, embeddings, overrides and isolates, the byte order mark.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_acts_is_escaped() {
        for (text, shown) in [
            (
                "plain \"text\" \\ é e\u{301} 語 🙂",
                "plain \"text\" \\ é e\u{301} 語 🙂",
            ),
            ("\u{1b}[2J\u{9b}31m", "\\u{1b}[2J\\u{9b}31m"),
            ("a\nb\tc\r\0", "a\\nb\\tc\\r\\u{0}"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }
}
