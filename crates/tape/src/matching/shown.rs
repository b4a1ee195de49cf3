//! Values from bodies as people read them: one line, bounded, and harmless to a terminal or a log.

use std::borrow::Cow;

use pipetape_core::text::push_printable;

use super::canonical::Canonical;
use crate::pointer::push_segment;

/// Longest value shown, in bytes.
const MOST: usize = 80;
/// Longest pointer shown, in bytes.
const MOST_OF_POINTER: usize = 120;

/// A value in JSON's form. It is cut after 80 bytes; a string's length is added then.
///
/// What is hidden is escaped as [`printable`](pipetape_core::text::printable) does, and bytes that are not UTF-8
/// as `\x…`.
pub(crate) fn shown_value(value: &Canonical<'_>) -> String {
    if let Canonical::String(bytes) = value {
        return shown_text(bytes);
    }
    let mut line = BoundedLine::new(MOST);
    line.value(value);
    line.finish()
}

/// A text in quotes, like a string in [`shown_value`].
pub(crate) fn shown_text(bytes: &[u8]) -> String {
    let mut line = BoundedLine::new(MOST);
    line.string(bytes);
    let mut text = line.out;
    if line.is_full {
        text.push_str(&format!("…\" ({} bytes)", bytes.len()));
    }
    text
}

/// The JSON pointer to a place, escaped like [`shown_value`] and cut at 120 bytes; empty for the
/// whole body.
pub(crate) fn shown_pointer(path: &[Cow<'_, [u8]>]) -> String {
    let mut line = BoundedLine::new(MOST_OF_POINTER);
    for name in path {
        let mut segment = String::new();
        // More of a name than could be shown is not even looked at.
        let start = &name[..name.len().min(MOST_OF_POINTER)];
        push_segment(&mut segment, &String::from_utf8_lossy(start));
        segment
            .chars()
            .for_each(|character| line.escaped(character));
        if name.len() > start.len() {
            line.is_full = true;
        }
    }
    line.finish()
}

/// A line that takes only so much. Once something did not fit, nothing more is taken.
struct BoundedLine {
    out: String,
    most: usize,
    is_full: bool,
}

impl BoundedLine {
    fn new(most: usize) -> Self {
        BoundedLine {
            out: String::new(),
            most,
            is_full: false,
        }
    }

    fn finish(mut self) -> String {
        if self.is_full {
            self.out.push('…');
        }
        self.out
    }

    fn push(&mut self, text: &str) {
        self.is_full |= self.out.len() + text.len() > self.most;
        if !self.is_full {
            self.out.push_str(text);
        }
    }

    fn escaped(&mut self, character: char) {
        match character {
            '"' => self.push("\\\""),
            '\\' => self.push("\\\\"),
            other => {
                let mut text = String::new();
                push_printable(&mut text, other);
                self.push(&text);
            }
        }
    }

    fn string(&mut self, bytes: &[u8]) {
        self.push("\"");
        for chunk in bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                self.escaped(character);
                if self.is_full {
                    return;
                }
            }
            for byte in chunk.invalid() {
                self.push(&format!("\\x{byte:02x}"));
            }
        }
        self.push("\"");
    }

    fn value(&mut self, value: &Canonical<'_>) {
        match value {
            Canonical::Null => self.push("null"),
            Canonical::Bool(true) => self.push("true"),
            Canonical::Bool(false) => self.push("false"),
            Canonical::Number(number) => self.number(number),
            Canonical::String(bytes) => self.string(bytes),
            Canonical::Array(items) => {
                self.push("[");
                for (index, item) in items.iter().enumerate() {
                    self.separate(index);
                    self.value(item);
                    if self.is_full {
                        return;
                    }
                }
                self.push("]");
            }
            Canonical::Object(members) => {
                self.push("{");
                for (index, (name, member)) in members.iter().enumerate() {
                    self.separate(index);
                    self.string(name);
                    self.push(":");
                    self.value(member);
                    if self.is_full {
                        return;
                    }
                }
                self.push("}");
            }
        }
    }

    /// A number may have as many digits as its sender likes.
    fn number(&mut self, number: &str) {
        let room = self.most.saturating_sub(self.out.len());
        match number.get(..room.min(number.len())) {
            Some(start) if start.len() < number.len() => {
                self.push(start);
                self.is_full = true;
            }
            _ => self.push(number),
        }
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.push(",");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matching::canonical;

    fn check(body: &str, expected: &str) {
        let value = canonical(body.as_bytes(), &[]).unwrap();
        assert_eq!(shown_value(&value), expected, "{body}");
    }

    #[test]
    fn values_are_json_on_one_line() {
        check(
            r#"{"b":[1.0,true,null],"a":"x"}"#,
            r#"{"a":"x","b":[1,true,null]}"#,
        );
        check(
            r#""it's \"quoted\" \\ é 😀""#,
            r#""it's \"quoted\" \\ é 😀""#,
        );
        check("\"\\u0000\\n\\t\\u001b[2J\"", r#""\u{0}\n\t\u{1b}[2J""#);
        check(
            "\"\u{7f}\u{9b}\u{2028}\u{2029}\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}\"",
            r#""\u{7f}\u{9b}\u{2028}\u{2029}\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}""#,
        );
        check(r#""\ud800""#, r#""\xed\xa0\x80""#);
    }

    #[test]
    fn long_values_are_cut() {
        let a = "a".repeat(1_000_000);
        check(
            &format!("\"{a}\""),
            &format!("\"{}…\" (1000000 bytes)", &a[..79]),
        );
        check(&format!("[\"{a}\"]"), &format!("[\"{}…", &a[..78]));
        let ones = "1".repeat(100_000);
        check(&ones, &format!("{}…", &ones[..80]));
        check(&format!("[{ones}]"), &format!("[{}…", &ones[..79]));
        let fits = format!("\"{}\"", &a[..78]);
        check(&fits, &fits);
    }

    #[test]
    fn pointers_are_escaped_and_cut() {
        let path = |names: &[&str]| -> Vec<Cow<'static, [u8]>> {
            names
                .iter()
                .map(|name| Cow::Owned(name.as_bytes().to_vec()))
                .collect()
        };
        assert_eq!(shown_pointer(&path(&[])), "");
        assert_eq!(shown_pointer(&path(&["a/b", "0", "~\n"])), r"/a~1b/0/~0\n");
        let long = "n".repeat(1000);
        let shown = shown_pointer(&path(&[&long, "x"]));
        assert_eq!(shown, format!("/{}…", &long[..119]));
    }

    proptest! {
        #[test]
        fn nothing_shown_is_long_or_moves_a_cursor(bytes: Vec<u8>, text in "\\PC{0,100}|.{0,100}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                let shown = shown_text(bytes);
                prop_assert!(shown.len() < 120, "{}", shown);
                prop_assert!(!shown.chars().any(char::is_control), "{:?}", shown);
            }
        }
    }
}
