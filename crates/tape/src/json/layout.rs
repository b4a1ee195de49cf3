//! White space between tokens: none, or two-space indent. Tokens themselves are copied.

use super::scan::{Piece, Scanner};

/// Copies `text` without the white space between its tokens. `text` must be JSON; other text
/// loses its white space outside of double quotes.
pub(crate) fn compact(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    tokens(text, |token| out.extend_from_slice(token));
    out
}

/// Appends `text` to `out`, one member or item a line, two spaces a level, the first line at the
/// end of `out` and the others indented by `level` levels. `text` must be JSON.
pub(crate) fn indent(out: &mut Vec<u8>, text: &[u8], level: usize) {
    let mut level = level;
    // An opening bracket waits for the next token: `{}` and `[]` stay on one line.
    let mut opened = false;
    tokens(text, |token| {
        let closes = matches!(token[0], b'}' | b']');
        if opened && !closes {
            level += 1;
            new_line(out, level);
        } else if closes && !opened {
            level -= 1;
            new_line(out, level);
        }
        opened = matches!(token[0], b'{' | b'[');
        out.extend_from_slice(token);
        match token[0] {
            b',' => new_line(out, level),
            b':' => out.push(b' '),
            _ => {}
        }
    });
}

fn new_line(out: &mut Vec<u8>, level: usize) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', level * 2));
}

/// Calls `each` with every token: brackets, commas and colons alone, strings whole, numbers and
/// words whole. White space is left out.
fn tokens(text: &[u8], mut each: impl FnMut(&[u8])) {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    for piece in Scanner::new(text) {
        match piece {
            Piece::Other { range } => text[range]
                .split(is_space)
                .filter(|token| !token.is_empty())
                .for_each(&mut each),
            Piece::String { range, .. } => each(&text[range]),
            Piece::Open { at, .. }
            | Piece::Close { at }
            | Piece::Comma { at }
            | Piece::Colon { at } => each(&text[at..=at]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_both_layouts() {
        let text = br#" { "a" : [ 1.0 , -2E+3 , "x y\" \\" , { } , [ ] , null ] , "a" : { "b" : true } } "#;
        let tight = br#"{"a":[1.0,-2E+3,"x y\" \\",{},[],null],"a":{"b":true}}"#;
        assert_eq!(compact(text), tight);
        let mut out = Vec::new();
        indent(&mut out, text, 0);
        let wide = "{\n  \"a\": [\n    1.0,\n    -2E+3,\n    \"x y\\\" \\\\\",\n    {},\n    [],\n    null\n  ],\n  \"a\": {\n    \"b\": true\n  }\n}";
        assert_eq!(String::from_utf8(out.clone()).unwrap(), wide);
        assert_eq!(compact(&out), tight);
    }
}
