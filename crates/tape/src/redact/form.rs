//! Secrets that are known by their form, wherever they are.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::text::Found;

/// How tokens of well-known services begin, and how much must follow.
const TOKENS: [(&[u8], usize); 21] = [
    (b"ghp_", 16),
    (b"gho_", 16),
    (b"ghu_", 16),
    (b"ghs_", 16),
    (b"ghr_", 16),
    (b"github_pat_", 16),
    (b"glpat-", 16),
    (b"xoxa-", 10),
    (b"xoxb-", 10),
    (b"xoxp-", 10),
    (b"xoxs-", 10),
    (b"sk_live_", 16),
    (b"rk_live_", 16),
    (b"AIza", 30),
    (b"npm_", 30),
    (b"hf_", 30),
    (b"dop_v1_", 30),
    // Session tokens of AWS.
    (b"IQoJb3JpZ2lu", 30),
    (b"FwoGZXIvYXdz", 30),
    (b"FQoGZXIvYXdz", 30),
    (b"AgoJb3JpZ2lu", 30),
];

/// A bearer token of letters alone is a word up to here.
const LONGEST_WORD: usize = 19;
const SHORTEST_BEARER: usize = 8;

/// A token that begins at `at`, at the start of a word.
pub(super) fn form(text: &[u8], at: usize) -> Option<Found> {
    match text[at] {
        b'e' => json_web_token(text, at),
        b'B' | b'b' => credentials(text, at),
        b'g' | b'x' | b's' | b'r' | b'A' | b'n' | b'h' | b'd' | b'I' | b'F' => {
            service_token(text, at)
        }
        _ => None,
    }
}

fn service_token(text: &[u8], at: usize) -> Option<Found> {
    let rest = &text[at..];
    let (start, shortest) = TOKENS.iter().find(|(start, _)| rest.starts_with(start))?;
    let length = start.len() + run(&rest[start.len()..], is_token_byte);
    (length >= start.len() + shortest).then(|| Found::plain(text, at, at + length))
}

/// Three base64 parts, the first of which is JSON.
fn json_web_token(text: &[u8], at: usize) -> Option<Found> {
    // Within a run of its own bytes it would be looked for again and again.
    let is_within = at > 0 && matches!(text[at - 1], b'-' | b'_');
    if is_within || !text[at..].starts_with(b"eyJ") {
        return None;
    }
    let mut end = at;
    for (part, shortest) in [(1, 8), (2, 4), (3, 0)] {
        let length = run(&text[end..], is_url_safe);
        if length < shortest {
            return None;
        }
        end += length;
        if part < 3 {
            if text.get(end) != Some(&b'.') {
                return None;
            }
            end += 1;
        }
    }
    Some(Found::plain(text, at, end))
}

/// What follows `Bearer` or `Basic` in an `Authorization` header.
fn credentials(text: &[u8], at: usize) -> Option<Found> {
    let rest = &text[at..];
    let is = |scheme: &[u8]| {
        rest.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let is_bearer = is(b"bearer ");
    if !is_bearer && !is(b"basic ") {
        return None;
    }
    let scheme = if is_bearer { 7 } else { 6 };
    let start = at + scheme + run(&rest[scheme..], |b| b == b' ');
    let end = start + run(&text[start..], is_token_byte);
    let value = &text[start..end];
    let is_secret = if is_bearer {
        let is_word = value.iter().all(u8::is_ascii_alphabetic) && value.len() <= LONGEST_WORD;
        value.len() >= SHORTEST_BEARER && !is_word
    } else {
        is_user_and_password(value)
    };
    is_secret.then(|| Found::plain(text, start, end))
}

/// Base64 of `user:password`.
pub(super) fn is_user_and_password(value: &[u8]) -> bool {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&base64::alphabet::STANDARD, config)
        .decode(value)
        .is_ok_and(|decoded| decoded.contains(&b':'))
}

/// The password in `scheme://user:password@host`, the colon before the slashes at `at`.
pub(super) fn url_password(text: &[u8], at: usize) -> Option<Found> {
    let start = at + 3;
    if !text[at..].starts_with(b"://") || at == 0 || !text[at - 1].is_ascii_alphanumeric() {
        return None;
    }
    let length = run(&text[start..], |b| {
        !b.is_ascii_whitespace()
            && !matches!(b, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\\')
    });
    let authority = &text[start..start + length];
    let at_sign = authority.iter().rposition(|b| *b == b'@')?;
    let colon = authority[..at_sign].iter().position(|b| *b == b':')?;
    let (password, end) = (start + colon + 1, start + at_sign);
    (password < end).then(|| Found::plain(text, password, end))
}

/// A private key in PEM form that begins at `at`; to its end line, or to the end of the text.
pub(super) fn private_key(text: &[u8], at: usize) -> Option<Found> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const LABEL: &[u8] = b"PRIVATE KEY";
    const LONGEST_LABEL: usize = 40;
    let rest = text[at..].strip_prefix(BEGIN)?;
    let label = &rest[..rest.len().min(LONGEST_LABEL)];
    label.windows(LABEL.len()).find(|part| *part == LABEL)?;
    let end = find(rest, b"-----END ").map_or(rest.len(), |end| {
        let behind = end + b"-----END ".len();
        find(&rest[behind..], b"-----").map_or(rest.len(), |dashes| behind + dashes + 5)
    });
    Some(Found::plain(text, at, at + BEGIN.len() + end))
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn run(text: &[u8], is: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|b| is(**b)).count()
}

fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn is_token_byte(byte: u8) -> bool {
    is_url_safe(byte) || matches!(byte, b'+' | b'/' | b'=' | b'.' | b'~' | b'%')
}

/// Whether a text begins as a token of a well-known service does, or as a key in PEM form.
pub(super) fn begins_as_token(text: &[u8]) -> bool {
    TOKENS.iter().any(|(start, _)| text.starts_with(start)) || text.starts_with(b"-----BEGIN")
}

#[cfg(test)]
mod tests {
    use super::{super::text::starts_word, *};

    fn found(text: &str) -> Option<String> {
        let text = text.as_bytes();
        (0..text.len())
            .find_map(|at| {
                form(text, at)
                    .filter(|_| starts_word(text, at))
                    .or_else(|| url_password(text, at))
                    .or_else(|| private_key(text, at))
            })
            .map(|found| String::from_utf8(found.value).unwrap())
    }

    #[test]
    fn tokens_have_a_form() {
        for (text, secret) in [
            (
                "it is ghp_16C7e42F292c6912E7710c838347Ae178B4a.",
                "ghp_16C7e42F292c6912E7710c838347Ae178B4a.",
            ),
            (
                "(eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-_)",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-_",
            ),
            (
                "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
                "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
            ),
            ("Authorization: Bearer abc123def", "abc123def"),
            ("bearer  aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa"),
            ("Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
            ("postgres://app:hun:ter2@db:5432/x", "hun:ter2"),
            ("https://u:p@ss@h/", "p@ss"),
            (
                "x -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- y",
                "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nMII",
                "-----BEGIN PRIVATE KEY-----\nMII",
            ),
        ] {
            assert_eq!(found(text).as_deref(), Some(secret), "{text}");
        }
        for text in [
            "ghp_short",
            "eyJhbGciOiJIUzI1NiJ9",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
            "Bearer authentication",
            "basic authentication",
            "https://host:443/a@b",
            "http://host/",
            "-----BEGIN CERTIFICATE-----",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
