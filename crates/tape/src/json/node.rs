//! A strict JSON parser whose tree borrows the tokens it was read from.

use std::borrow::Cow;

use super::string::unescape;

/// Deepest nesting read as JSON. CodePipeline's own shapes nest less than twenty deep; hostile
/// text beyond this is treated as text.
const MAX_DEPTH: usize = 128;

/// One JSON value. Objects keep member order and duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    /// The number token, unchanged.
    Number(&'a str),
    /// The string's value, see [`unescape`].
    String(Cow<'a, [u8]>),
    Array(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, [u8]>, Node<'a>)>),
}

/// Reads `text` as exactly one JSON value (RFC 8259, UTF-8, at most 128 levels deep).
pub(crate) fn parse(text: &[u8]) -> Option<Node<'_>> {
    // The whole text is checked once: string tokens need no check of their own.
    let text = std::str::from_utf8(text).ok()?;
    let mut parser = Parser { text, at: 0 };
    let node = parser.value(0)?;
    parser.space();
    (parser.at == text.len()).then_some(node)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, node: Node<'a>) -> Option<Node<'a>> {
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            node
        })
    }

    fn value(&mut self, depth: usize) -> Option<Node<'a>> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        match self.peek()? {
            b'n' => self.word("null", Node::Null),
            b't' => self.word("true", Node::Bool(true)),
            b'f' => self.word("false", Node::Bool(false)),
            b'"' => self.string().map(Node::String),
            b'[' => self.array(depth),
            b'{' => self.object(depth),
            _ => self.number(),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Node<'a>> {
        self.eat(b'[')?;
        let mut items = Vec::new();
        self.space();
        if self.eat(b']').is_some() {
            return Some(Node::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.eat(b']').is_some() {
                return Some(Node::Array(items));
            }
            self.eat(b',')?;
        }
    }

    fn object(&mut self, depth: usize) -> Option<Node<'a>> {
        self.eat(b'{')?;
        let mut members = Vec::new();
        self.space();
        if self.eat(b'}').is_some() {
            return Some(Node::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            self.eat(b':')?;
            members.push((name, self.value(depth + 1)?));
            self.space();
            if self.eat(b'}').is_some() {
                return Some(Node::Object(members));
            }
            self.eat(b',')?;
        }
    }

    fn string(&mut self) -> Option<Cow<'a, [u8]>> {
        self.eat(b'"')?;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    let escape = *self.text.as_bytes().get(self.at + 1)?;
                    self.at += match escape {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                        b'u' => {
                            let digits = self.text.as_bytes().get(self.at + 2..self.at + 6)?;
                            digits.iter().all(u8::is_ascii_hexdigit).then_some(6)?
                        }
                        _ => return None,
                    };
                }
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
        let inner = &self.text.as_bytes()[start..self.at];
        self.at += 1;
        Some(unescape(inner))
    }

    fn number(&mut self) -> Option<Node<'a>> {
        let start = self.at;
        let _ = self.eat(b'-');
        if self.eat(b'0').is_none() {
            self.digits()?;
        }
        if self.eat(b'.').is_some() {
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(Node::Number(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn grammar_borders() {
        for good in [
            "0",
            "-0",
            "1e5",
            "1.5E-3",
            "[]",
            "{}",
            " [ 1 , 2 ] ",
            r#"{"a":1,"a":2}"#,
            "\"\\ud800\"",
            "null",
            r#""\u00e9""#,
            "123456789012345678901234567890",
        ] {
            assert!(parse(good.as_bytes()).is_some(), "{good}");
        }
        for bad in [
            "",
            " ",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "[1,]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            "nul",
            "\"\t\"",
            r#""\x""#,
            "\"open",
            "1 2",
            "\u{feff}1",
            "NaN",
            "'a'",
            r#""\u12""#,
        ] {
            assert!(parse(bad.as_bytes()).is_none(), "{bad}");
        }
        assert!(parse(b"\"\xff\"").is_none());
        assert!(parse("[".repeat(1_000_000).as_bytes()).is_none());
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(nested(129).as_bytes()).is_some());
        assert!(parse(nested(130).as_bytes()).is_none());
    }

    proptest! {
        /// The grammar is the one that an independent parser accepts.
        #[test]
        fn agrees_with_serde_json(text in r#"[\[\]{},:"\\u0-9a-e.+\- tfn]{0,24}"#) {
            let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(parse(text.as_bytes()).is_some(), theirs);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
