//! Values that a name before them calls a secret: `password=…`, `"clientToken": "…"`,
//! `<SecretAccessKey>…`, `--api-key …`, and the same after escapes.

use std::borrow::Cow;

use super::encoding::{escaped_byte, json_unescaped, percent_decoded};
use super::form::is_user_and_password;
use super::member::Folded;
use super::text::Found;

/// Shorter values that are not in quotes are words.
const SHORTEST: usize = 4;
/// After a name that is also a common word, a value counts from this length on.
const SHORTEST_AFTER_WORD: usize = 8;
/// A longer one is not a word, whatever it is made of.
const LONGEST_WORD: usize = 63;
/// A name is looked for this far back.
const LONGEST_NAME: usize = 64;
/// As many backslashes as four layers of JSON put before a quote.
const MOST_BACKSLASHES: usize = 15;

/// Quotes that nothing closes from here on, by quote and backslashes: they are not looked for
/// again.
#[derive(Default)]
pub(super) struct Unclosed([[bool; MOST_BACKSLASHES + 1]; 2]);

/// A secret after the separator at `at`: `=`, `:`, `>`, or one of the first two as `%3D`, `%3A`.
pub(super) fn assigned(text: &[u8], at: usize, unclosed: &mut Unclosed) -> Option<Found> {
    let (separator, after) = match text[at] {
        b'%' => (escaped_byte(&text[at..])?, at + 3),
        byte => (byte, at + 1),
    };
    let name = match separator {
        b'=' | b':' => name_before(text, at),
        b'>' => element_before(text, at)?,
        _ => return None,
    };
    let trust = if separator == b'=' && is_webhook_trigger(name, &text[..at]) {
        Trust::Name
    } else {
        Trust::in_name(name)?
    };
    value(text, after, trust, unclosed)
}

/// A secret after a command's `--name` that begins at `at`.
pub(super) fn flag(text: &[u8], at: usize, unclosed: &mut Unclosed) -> Option<Found> {
    if text[..at].ends_with(b"-") {
        return None;
    }
    let rest = text[at..].strip_prefix(b"--")?;
    let name = &rest[..rest.len().min(LONGEST_NAME + 1)];
    let length = name.iter().take_while(|b| is_name_byte(b)).count();
    let is_short = length <= LONGEST_NAME && rest.get(length) == Some(&b' ');
    let trust = Trust::in_name(rest.get(..length).filter(|_| is_short)?)?;
    value(text, at + 2 + length, trust, unclosed)
}

/// What a name makes of the value after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// A secret.
    Name,
    /// A secret if it looks like one.
    Looks,
    /// A scheme, and then a secret.
    Authorization,
}

impl Trust {
    fn in_name(name: &[u8]) -> Option<Trust> {
        let folded = Folded::of(name);
        if folded.is_secret() {
            Some(Trust::Name)
        } else if folded.may_be_secret() {
            Some(Trust::Looks)
        } else if name.len() >= 13 && name[name.len() - 13..].eq_ignore_ascii_case(b"authorization")
        {
            Some(Trust::Authorization)
        } else {
            None
        }
    }
}

/// The name that ends before `at`, quotes and space between them aside.
fn name_before(text: &[u8], at: usize) -> &[u8] {
    let from = at.saturating_sub(2 * LONGEST_NAME);
    let mut before = text[from..at].trim_ascii_end();
    while let Some(rest) = before
        .strip_suffix(b"%22")
        .or_else(|| before.strip_suffix(b"\""))
        .or_else(|| before.strip_suffix(b"'"))
        .or_else(|| before.strip_suffix(b"`"))
        .or_else(|| before.strip_suffix(b"\\"))
    {
        before = rest;
    }
    last_name(before)
}

/// The name of the element whose tag ends at `at`.
fn element_before(text: &[u8], at: usize) -> Option<&[u8]> {
    let name = last_name(&text[at.saturating_sub(LONGEST_NAME)..at]);
    let before = &text[..at - name.len()];
    matches!(before.last(), Some(b'<' | b':')).then_some(name)
}

fn last_name(text: &[u8]) -> &[u8] {
    let name = &text[text.len().saturating_sub(LONGEST_NAME)..];
    let length = name.iter().rev().take_while(|b| is_name_byte(b)).count();
    &text[text.len() - length..]
}

fn is_name_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// `…?t` or `…&t`, however the mark is written: the parameter with the token of a webhook's URL.
fn is_webhook_trigger(name: &[u8], before: &[u8]) -> bool {
    let Some(mark) = before.strip_suffix(b"t") else {
        return false;
    };
    name == b"t" && matches!(mark.last(), Some(b'?' | b'&' | b';'))
        || [
            &b"%3F"[..],
            b"%3f",
            b"%26",
            b"\\u0026",
            b"\\u003f",
            b"\\u003F",
        ]
        .iter()
        .any(|escaped| mark.ends_with(escaped))
}

fn value(text: &[u8], after: usize, trust: Trust, unclosed: &mut Unclosed) -> Option<Found> {
    let mut start = after;
    while let Some(b'=' | b'>' | b' ' | b'\t' | b'\n' | b'\r') = text.get(start) {
        start += 1;
    }
    let has_line_end = text[after..start].contains(&b'\n');
    let backslashes = count(&text[start..], b'\\');
    if let Some(quote @ (b'"' | b'\'' | b'`')) = text.get(start + backslashes) {
        start += backslashes + 1;
        if let Some(end) = closing(text, start, *quote, backslashes, unclosed) {
            return quoted(text, start, end, *quote, backslashes, trust);
        }
    } else if has_line_end {
        return None;
    } else if let Some(b'"') = escaped_byte(&text[start..]) {
        start += 3;
    }
    unquoted(text, start, trust)
}

fn quoted(
    text: &[u8],
    start: usize,
    end: usize,
    quote: u8,
    backslashes: usize,
    trust: Trust,
) -> Option<Found> {
    let value = if quote == b'"' {
        // One backslash is one layer of JSON around it, three are two.
        json_unescaped(&text[start..end], (backslashes + 1).ilog2() + 1)
    } else {
        Cow::Borrowed(&text[start..end])
    };
    if trust == Trust::Authorization {
        return unquoted(&text[..end], start, trust);
    }
    let is_secret = !value.is_empty() && (trust == Trust::Name || looks_secret(&value));
    is_secret.then(|| Found {
        start,
        end,
        value: value.into_owned(),
    })
}

fn unquoted(text: &[u8], start: usize, trust: Trust) -> Option<Found> {
    let start = match trust {
        Trust::Authorization => start + scheme(&text[start..])?,
        _ => start,
    };
    let rest = &text[start..];
    let length = (0..rest.len())
        .find(|at| ends_value(&rest[*at..]))
        .unwrap_or(rest.len());
    let written = &rest[..length];
    if length < SHORTEST || matches!(written, b"null" | b"true" | b"false" | b"None") {
        return None;
    }
    let value = percent_decoded(written);
    let is_secret = match trust {
        Trust::Name | Trust::Authorization => true,
        Trust::Looks => looks_secret(&value),
    };
    is_secret.then(|| Found {
        start,
        end: start + length,
        value: value.into_owned(),
    })
}

/// The length of the scheme before a header's credentials, if all that follows is one secret.
fn scheme(text: &[u8]) -> Option<usize> {
    let length = text
        .iter()
        .take(LONGEST_NAME + 1)
        .take_while(|b| is_name_byte(b))
        .count();
    let space = count(&text[length..], b' ');
    let (scheme, rest) = (&text[..length], &text[length + space..]);
    if scheme.to_ascii_uppercase().starts_with(b"AWS4") || length > LONGEST_NAME {
        // Its parts have names of their own.
        return None;
    }
    let follows = rest
        .iter()
        .take_while(|b| !b.is_ascii_whitespace() && **b != b'"')
        .count();
    let is_scheme = [&b"bearer"[..], b"token", b"negotiate", b"digest", b"apikey"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        || scheme.eq_ignore_ascii_case(b"basic") && is_user_and_password(&rest[..follows]);
    if space > 0 && is_scheme {
        return Some(length + space);
    }
    // A secret alone, not a sentence.
    (scheme.iter().any(u8::is_ascii_digit) || space == 0).then_some(0)
}

/// Whether a value that is not in quotes ends before `rest`.
fn ends_value(rest: &[u8]) -> bool {
    match rest[0] {
        b'&' | b'"' | b'\'' | b'`' | b'<' | b'>' | b',' | b';' | b'{' | b'}' | b'(' | b')'
        | b'[' | b']' | b'|' | b'\\' => true,
        b'%' => matches!(
            escaped_byte(rest),
            Some(b'&' | b'"' | b' ' | b'\n' | b'<' | b'>' | b',' | b'{' | b'}')
        ),
        byte => byte.is_ascii_whitespace(),
    }
}

/// Whether a value is not a word.
fn looks_secret(value: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    value.len() > LONGEST_WORD
        || (value.len() >= SHORTEST_AFTER_WORD
            && has(u8::is_ascii_digit)
            && has(u8::is_ascii_alphabetic))
}

/// The place of the quote that closes a value, or of the backslashes before it. Quotes with more
/// backslashes than the opening one belong to the value.
fn closing(
    text: &[u8],
    start: usize,
    quote: u8,
    backslashes: usize,
    unclosed: &mut Unclosed,
) -> Option<usize> {
    let known = match quote {
        b'"' => unclosed.0[0].get_mut(backslashes)?,
        b'\'' => unclosed.0[1].get_mut(backslashes)?,
        _ => return None,
    };
    if *known {
        return None;
    }
    let mut before = 0;
    for (at, byte) in text.iter().enumerate().skip(start) {
        match *byte {
            b'\\' => before += 1,
            byte if byte == quote && before <= backslashes => return Some(at - before),
            _ => before = 0,
        }
    }
    *known = true;
    None
}

fn count(text: &[u8], byte: u8) -> usize {
    text.iter().take_while(|b| **b == byte).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, String)> {
        let bytes = text.as_bytes();
        let mut unclosed = Unclosed::default();
        let found = (0..text.len()).find_map(|at| match bytes[at] {
            b'=' | b':' | b'>' | b'%' => assigned(bytes, at, &mut unclosed),
            b'-' => flag(bytes, at, &mut unclosed),
            _ => None,
        })?;
        Some((
            text[found.start..found.end].to_owned(),
            String::from_utf8(found.value).unwrap(),
        ))
    }

    #[test]
    fn a_name_gives_its_value_away() {
        for (text, written, value) in [
            ("Signature=0123456789abcdef", "0123456789abcdef", ""),
            ("https://s3/x?X-Amz-Signature=abcdef12&y=1", "abcdef12", ""),
            ("X-Amz-Security-Token=IQoJ%2Bb3&y=1", "IQoJ%2Bb3", "IQoJ+b3"),
            ("https://d/trigger?t=eyJlbm&v=1", "eyJlbm", ""),
            ("https://d/trigger?v=1&amp;t=eyJlbm", "eyJlbm", ""),
            (r"https://d/trigger?v=1\u0026t=eyJlbm", "eyJlbm", ""),
            ("https%3A%2F%2Fd%3Fv%3D1%26t%3DeyJlbm%26", "eyJlbm", ""),
            ("the clientToken: 'open sesame' is", "open sesame", ""),
            (r#"{"secretAccessKey" : "wJalr"#, "wJalr", ""),
            (r#"{\"clientToken\":\"a\\\"b\"}"#, r#"a\\\"b"#, "a\"b"),
            (r#"{"clientToken":"a\"b"}"#, r#"a\"b"#, "a\"b"),
            (r#"{\\\"clientToken\\\":\\\"abc\\\"}"#, "abc", ""),
            (r#""clientToken"=>"abc""#, "abc", ""),
            ("{\"clientToken\":\n  \"abc\"}", "abc", ""),
            ("%22clientToken%22%3A%22abcd%22", "abcd", ""),
            ("clientToken%3Dabcd%26x", "abcd", ""),
            ("<SessionToken>IQoJ</SessionToken>", "IQoJ", ""),
            ("run --api-key hunter2 --x", "hunter2", ""),
            ("run --password='hunter two'", "hunter two", ""),
            ("PGPASSWORD=hunter2 psql", "hunter2", ""),
            ("x-amz-security-token: IQoJ", "IQoJ", ""),
            ("?token=abc12345", "abc12345", ""),
            ("token: f4f4ff82-2d11", "f4f4ff82-2d11", ""),
            ("Authorization: Bearer abcd", "abcd", ""),
            ("'authorization': 'Basic YTpi'", "YTpi", ""),
            ("Authorization: abcd1234", "abcd1234", ""),
        ] {
            let value = if value.is_empty() { written } else { value };
            assert_eq!(found(text), Some((written.into(), value.into())), "{text}");
        }
    }

    #[test]
    fn words_stay() {
        for text in [
            "password: no",
            "clientToken: null",
            "nextToken=abc12345",
            "continuationToken: abc12345",
            "Unexpected token: identifier",
            "Unexpected token: abc",
            "Signature expired: 20260101T000000Z",
            "The password:\nnext line",
            "a > password b",
            "--password",
            "watch?v=1&start=30",
            "Authorization: required for this",
            "Authorization=AWS4-HMAC-SHA256 Credential=x",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
