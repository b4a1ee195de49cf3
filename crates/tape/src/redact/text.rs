//! What is recognisable in any text: secrets seen before, access keys, account ids, and values that a
//! name before them calls a secret.

use super::known::KnownSecrets;
use super::placeholder::{
    Placeholders, is_access_key, is_account_placeholder, is_secret_placeholder, is_uuid,
    placeholder_length,
};

/// Whether runs of twelve digits are account ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accounts {
    /// Wherever they stand.
    Anywhere,
    /// Within ARNs: the text is an identifier, or a part of one.
    InArns,
    /// Nowhere.
    Kept,
}

/// Names whose value, behind `=` or `:`, is a secret wherever they stand. In lower case; longest first where one ends another.
const ASSIGNED: [&str; 14] = [
    "x-amz-security-token",
    "x-amz-signature",
    "signature",
    "aws_secret_access_key",
    "secret_access_key",
    "secretaccesskey",
    "aws_session_token",
    "session_token",
    "sessiontoken",
    "client_token",
    "clienttoken",
    "secrettoken",
    "password",
    "secret_token",
];

/// Shorter values behind a name are words.
const SHORTEST_ASSIGNED: usize = 4;
const UUID: usize = 36;
const ACCOUNT: usize = 12;
const ACCESS_KEY: usize = 20;

/// One pass over texts.
pub(super) struct TextRules<'a> {
    pub(super) placeholders: &'a Placeholders,
    pub(super) known: &'a KnownSecrets,
    pub(super) accounts: Accounts,
}

impl TextRules<'_> {
    /// The text with what is recognisable replaced; `None` where there is nothing.
    /// Secrets that a name gave away are passed to `found` with their placeholder.
    pub(super) fn apply(&self, text: &[u8], mut found: impl FnMut(&[u8], &str)) -> Option<Vec<u8>> {
        let mut out: Option<Vec<u8>> = None;
        let mut copied = 0;
        let mut at = 0;
        // Where the last thing recognised ended: what follows is read as if it stood alone, whether that
        // thing was a secret or is a placeholder by now.
        let mut edge = 0;
        while at < text.len() {
            let Some((length, replacement)) = self.at(text, at, at == edge, &mut found) else {
                at += 1;
                continue;
            };
            edge = at + length;
            if let Some(replacement) = replacement {
                let out = out.get_or_insert_default();
                out.extend_from_slice(&text[copied..at]);
                out.extend_from_slice(replacement.as_bytes());
                copied = at + length;
            }
            at += length;
        }
        if let Some(out) = &mut out {
            out.extend_from_slice(&text[copied..]);
        }
        out
    }

    /// What stands at `at`: its length, and its replacement unless it stays.
    fn at(
        &self,
        text: &[u8],
        at: usize,
        at_edge: bool,
        found: &mut impl FnMut(&[u8], &str),
    ) -> Option<(usize, Option<String>)> {
        if let Some(length) = placeholder_length(&text[at..]) {
            return Some((length, None));
        }
        if !self.known.is_empty()
            && let Some((length, placeholder)) = self.known.find(text, at)
        {
            return Some((length, Some(placeholder.to_owned())));
        }
        let byte = text[at];
        let starts_word = at_edge || !text[at - 1].is_ascii_alphanumeric();
        if starts_word && byte.is_ascii_hexdigit() && text.get(at..at + UUID).is_some_and(is_uuid) {
            return Some((UUID, None));
        }
        if byte == b'A' && starts_word {
            return self.access_key(text, at);
        }
        if byte.is_ascii_digit() && (at_edge || !text[at - 1].is_ascii_digit()) {
            return self.digits(text, at);
        }
        if matches!(byte, b'=' | b':') {
            return self.assigned(text, at, found);
        }
        None
    }

    fn access_key(&self, text: &[u8], at: usize) -> Option<(usize, Option<String>)> {
        let key = text
            .get(at..at + ACCESS_KEY)
            .filter(|key| is_access_key(key))?;
        if text
            .get(at + ACCESS_KEY)
            .is_some_and(u8::is_ascii_alphanumeric)
        {
            return None;
        }
        let placeholder = (!is_secret_placeholder(key)).then(|| self.placeholders.secret(key));
        Some((ACCESS_KEY, placeholder))
    }

    fn digits(&self, text: &[u8], at: usize) -> Option<(usize, Option<String>)> {
        let length = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let run = &text[at..at + length];
        let is_account = match self.accounts {
            Accounts::Anywhere => true,
            Accounts::InArns => is_within_arn(text, at),
            Accounts::Kept => false,
        };
        let is_new = length == ACCOUNT && is_account && !is_account_placeholder(run);
        Some((length, is_new.then(|| self.placeholders.account(run))))
    }

    /// A value behind `=` or `:` at `at`, where the name before it says that it is a secret.
    fn assigned(
        &self,
        text: &[u8],
        at: usize,
        found: &mut impl FnMut(&[u8], &str),
    ) -> Option<(usize, Option<String>)> {
        let before = text[..at].trim_ascii_end();
        let before = before
            .strip_suffix(b"\"")
            .or_else(|| before.strip_suffix(b"'"))
            .unwrap_or(before);
        if !names_a_secret(before) && !(text[at] == b'=' && is_webhook_trigger(before)) {
            return None;
        }
        let is_space = |b: &&u8| matches!(**b, b' ' | b'\t' | b'"' | b'\'');
        let start = at + 1 + text[at + 1..].iter().take_while(is_space).count();
        let ends = |b: &u8| {
            b.is_ascii_whitespace()
                || matches!(
                    b,
                    b'&' | b'"' | b'\'' | b'<' | b'>' | b',' | b';' | b'}' | b')' | b'\\'
                )
        };
        let length = text[start..]
            .iter()
            .position(ends)
            .unwrap_or(text.len() - start);
        let value = &text[start..start + length];
        if length < SHORTEST_ASSIGNED || is_secret_placeholder(value) {
            return None;
        }
        let placeholder = self.placeholders.secret(value);
        found(value, &placeholder);
        let lead = String::from_utf8_lossy(&text[at..start]).into_owned();
        Some((start + length - at, Some(lead + &placeholder)))
    }
}

/// Whether `before` ends in a name that calls what follows a secret.
fn names_a_secret(before: &[u8]) -> bool {
    ASSIGNED.iter().any(|name| {
        before.len() >= name.len()
            && before[before.len() - name.len()..].eq_ignore_ascii_case(name.as_bytes())
    })
}

/// `…?t` or `…&t`: the parameter that holds the token of a webhook's URL.
fn is_webhook_trigger(before: &[u8]) -> bool {
    before.ends_with(b"?t") || before.ends_with(b"&t")
}

/// Whether the word that `at` stands in began as an ARN.
fn is_within_arn(text: &[u8], at: usize) -> bool {
    let ends =
        |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b',' | b'(' | b'[' | b'<');
    let start = text[..at].iter().rposition(ends).map_or(0, |end| end + 1);
    text[start..at].windows(4).any(|part| part == b"arn:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Salt;

    fn redact(text: &str, accounts: Accounts) -> String {
        let placeholders = Placeholders::new(Salt::new("salt").unwrap());
        let mut known = KnownSecrets::default();
        known.add(b"correct-horse", "REDACTED-00000");
        let rules = TextRules {
            placeholders: &placeholders,
            known: &known,
            accounts,
        };
        let once = rules
            .apply(text.as_bytes(), |_, _| {})
            .unwrap_or_else(|| text.into());
        assert_eq!(rules.apply(&once, |_, _| {}), None, "idempotent: {text}");
        String::from_utf8(once).unwrap()
    }

    #[test]
    fn what_is_recognisable_is_replaced() {
        for (text, gone) in [
            ("arn:aws:iam::123456789012:role/x", "123456789012"),
            ("account 123456789012.", "123456789012"),
            ("x123456789012y", "123456789012"),
            ("key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
            (
                "Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1",
                "AKIAIOSFODNN7EXAMPLE",
            ),
            (
                "Signature=0123456789abcdef0123456789abcdef",
                "0123456789abcdef",
            ),
            (
                "https://s3/x?X-Amz-Signature=abcdef12&X-Amz-Security-Token=IQoJb3&y=1",
                "IQoJb3",
            ),
            (
                "https://webhooks.domain.com/trigger?t=eyJlbmNyeXB0&v=1",
                "eyJlbmNyeXB0",
            ),
            ("the clientToken: 'open-sesame' is wrong", "open-sesame"),
            ("\"secretAccessKey\" : \"wJalrXUtnFEMI\"", "wJalrXUtnFEMI"),
            ("it said xcorrect-horsey", "correct-horse"),
        ] {
            let redacted = redact(text, Accounts::Anywhere);
            assert!(!redacted.contains(gone), "{redacted}");
            assert_ne!(redacted, text);
        }
    }

    #[test]
    fn what_only_looks_like_it_stays() {
        for text in [
            "0f1e2d3c-4b5a-4968-8776-655443322110",
            "f4f4ff82-2d11-4e5b-8d5b-123456789012",
            "1234567890123",
            "12345678901",
            "password: no",
            "clientToken=REDACTED-0a1b2",
            "AKIAIOSFODNN7EXAMPLES",
            "999990000001",
        ] {
            assert_eq!(redact(text, Accounts::Anywhere), text);
        }
        assert_eq!(redact("123456789012", Accounts::InArns), "123456789012");
        assert_ne!(
            redact("arn:aws:kms:us-east-1:123456789012:key/1", Accounts::InArns),
            "arn:aws:kms:us-east-1:123456789012:key/1"
        );
        assert_eq!(
            redact("arn:aws:iam::123456789012:role", Accounts::Kept),
            "arn:aws:iam::123456789012:role"
        );
    }
}
