//! Text from strangers, made safe for a terminal, a log or an error: headers, bodies, names and files
//! may hold whatever their sender likes.

use std::borrow::Cow;

/// The text with every character that is not simply shown as an escape such as `\u{1b}`: control
/// characters, line and paragraph ends, marks that turn the direction of text, and what is invisible.
///
/// ```
/// use pipetape_core::text::printable;
///
/// assert_eq!(printable("\u{1b}[2J\u{202e}é"), r"\u{1b}[2J\u{202e}é");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_hidden) {
        let mut shown = String::with_capacity(text.len() + 16);
        text.chars()
            .for_each(|character| push_printable(&mut shown, character));
        Cow::Owned(shown)
    } else {
        Cow::Borrowed(text)
    }
}

/// At most the first `longest` characters of a text, as [`printable`] gives them, then `…` if there are more.
pub fn brief(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", printable(&text[..end])),
        None => printable(text).into_owned(),
    }
}

/// Appends a character as [`printable`] gives it.
pub fn push_printable(shown: &mut String, character: char) {
    if is_hidden(character) {
        shown.extend(character.escape_default());
    } else {
        shown.push(character);
    }
}

/// Whether a character does something else than to be seen.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Marks of direction.
            '\u{61c}' | '\u{200e}' | '\u{200f}'
            // Line and paragraph ends, embeddings and overrides of direction.
            | '\u{2028}'..='\u{202e}'
            // Invisible operators, isolates of direction, and deprecated format characters.
            | '\u{2060}'..='\u{206f}'
            // Spaces and joiners without width, soft hyphen, vowel separator, byte order mark.
            | '\u{200b}'..='\u{200d}' | '\u{ad}' | '\u{180e}' | '\u{feff}'
            // Annotations, shorthand and musical formats.
            | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            // Tags, and variation selectors beside them.
            | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_is_hidden_is_escaped() {
        for (text, shown) in [
            (
                "plain \"text\" \\ é e\u{301} 語 🙂",
                "plain \"text\" \\ é e\u{301} 語 🙂",
            ),
            ("\u{1b}[2J\u{9b}31m", "\\u{1b}[2J\\u{9b}31m"),
            ("a\nb\tc\r\0", "a\\nb\\tc\\r\\u{0}"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("\u{200b}\u{feff}\u{e0041}", "\\u{200b}\\u{feff}\\u{e0041}"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(brief("éé", 2), "éé");
        assert_eq!(brief("éé\n", 2), "éé…");
        assert_eq!(brief("\n\n\n", 2), "\\n\\n…");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_seen(text: String) {
            let shown = printable(&text);
            prop_assert!(!shown.chars().any(is_hidden), "{:?}", shown);
            prop_assert_eq!(printable(&shown), &*shown);
        }
    }
}
