//! What is recognised in any text: secrets seen before, access keys, account ids, well-known forms
//! of secrets, and values that a name before them calls a secret.

use super::assignment::{Unclosed, assigned, flag};
use super::discoveries::Discoveries;
use super::form::{form, private_key, url_password};
use super::known::KnownSecrets;
use super::placeholder::{
    Placeholders, is_access_key, is_account_placeholder, is_secret_placeholder, is_uuid,
    placeholders_in,
};

/// Whether runs of twelve digits are account ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accounts {
    /// wherever they are.
    Anywhere,
    /// Within ARNs: the text is an identifier, or a part of one.
    InArns,
    /// Nowhere.
    Kept,
}

/// Whether texts that only look like a secret are replaced too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heuristics {
    Replaced,
    /// Only account ids, access keys and secrets seen before are replaced.
    Kept,
}

/// A secret in a text: its place, and its value once its escapes are resolved.
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) value: Vec<u8>,
}

impl Found {
    pub(super) fn plain(text: &[u8], start: usize, end: usize) -> Found {
        Found {
            start,
            end,
            value: text[start..end].to_vec(),
        }
    }
}

const UUID: usize = 36;
const ACCOUNT: usize = 12;
const ACCESS_KEY: usize = 20;

/// The settings of a pass over a text.
pub(super) struct TextRules<'a> {
    pub(super) placeholders: &'a Placeholders,
    pub(super) known: &'a KnownSecrets,
    pub(super) accounts: Accounts,
    pub(super) heuristics: Heuristics,
}

impl TextRules<'_> {
    /// The text with everything replaced that is recognised; `None` if there is nothing.
    pub(super) fn apply(&self, text: &[u8], discoveries: &mut Discoveries) -> Option<Vec<u8>> {
        if self.known.is_empty() && is_plain(text) {
            return None;
        }
        self.apply_to_any(text, discoveries)
    }

    /// The same, without a look at what the text is as a whole.
    fn apply_to_any(&self, text: &[u8], discoveries: &mut Discoveries) -> Option<Vec<u8>> {
        let placeholders = placeholders_in(text);
        let mut placeholders = placeholders.iter().peekable();
        let mut reading = Reading {
            text,
            at: 0,
            limit: text.len(),
            edge: 0,
            in_arn: false,
            unclosed: Unclosed::default(),
            password: None,
        };
        let mut out = Vec::new();
        let mut copied = 0;
        while reading.at < text.len() {
            // No match begins before a placeholder and ends within it.
            while placeholders.next_if(|p| p.start < reading.at).is_some() {}
            reading.limit = placeholders.peek().map_or(text.len(), |p| p.start);
            if reading.at == reading.limit
                && let Some(placeholder) = placeholders.next()
            {
                reading.skip_to(placeholder.end);
                continue;
            }
            let Some((start, end, replacement)) = self.at(&mut reading, discoveries) else {
                reading.at += 1;
                continue;
            };
            if let Some(replacement) = replacement {
                out.extend_from_slice(&text[copied..start]);
                out.extend_from_slice(replacement.as_bytes());
                copied = end;
            }
            reading.skip_to(end);
        }
        if copied == 0 {
            return None;
        }
        out.extend_from_slice(&text[copied..]);
        Some(out)
    }

    /// What is recognised at this place: where it begins and ends, and its replacement unless it is
    /// kept.
    fn at(
        &self,
        reading: &mut Reading<'_>,
        discoveries: &mut Discoveries,
    ) -> Option<(usize, usize, Option<String>)> {
        let (text, at) = (reading.text, reading.at);
        if let Some(password) = reading.password.take_if(|password| password.start <= at)
            && password.start == at
        {
            return Some(self.found(&password, discoveries));
        }
        let is_uuid = reading.is_uuid();
        if !self.known.is_empty()
            && let Some((length, placeholder)) = self.known.find(text, at, reading.limit)
            && (!is_uuid || length >= UUID)
        {
            return Some((at, at + length, Some(placeholder.to_owned())));
        }
        if is_uuid {
            return Some((at, at + UUID, None));
        }
        let found = match text[at] {
            b'0'..=b'9' => return Some(self.digits(reading)),
            byte @ (b'a'..=b'z' | b'A'..=b'Z') => {
                if !reading.starts_word() {
                    return None;
                }
                if byte == b'A'
                    && let Some(key) = reading.access_key()
                {
                    let (start, end) = (at, at + ACCESS_KEY);
                    return Some((start, end, Some(self.placeholders.secret(key))));
                }
                if byte == b'a' && text[at..].starts_with(b"arn") {
                    reading.in_arn = true;
                }
                self.guess(|| form(text, at))
            }
            b':' => {
                if let Some(password) = self.guess(|| url_password(text, at)) {
                    // The user before it is read first.
                    reading.password = Some(password);
                    return None;
                }
                if reading.password.as_ref().is_some_and(|p| p.start == at + 1) {
                    return None;
                }
                self.guess(|| assigned(text, at, &mut reading.unclosed))
            }
            b'=' | b'>' | b'%' => self.guess(|| assigned(text, at, &mut reading.unclosed)),
            b'-' => self
                .guess(|| private_key(text, at).or_else(|| flag(text, at, &mut reading.unclosed))),
            b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b',' | b'(' | b'[' | b'<' => {
                reading.in_arn = false;
                return None;
            }
            _ => return None,
        }?;
        Some(self.found(&found, discoveries))
    }

    fn found(
        &self,
        found: &Found,
        discoveries: &mut Discoveries,
    ) -> (usize, usize, Option<String>) {
        if is_secret_placeholder(&found.value) {
            return (found.start, found.end, None);
        }
        let placeholder = self.placeholders.secret(&found.value);
        discoveries.guess(&found.value, &placeholder);
        (found.start, found.end, Some(placeholder))
    }

    fn guess(&self, find: impl FnOnce() -> Option<Found>) -> Option<Found> {
        match self.heuristics {
            Heuristics::Replaced => find(),
            Heuristics::Kept => None,
        }
    }

    /// A run of digits; after an escape such as `%20`, without the digits of the escape.
    fn digits(&self, reading: &Reading<'_>) -> (usize, usize, Option<String>) {
        let (text, at) = (reading.text, reading.at);
        let run = &text[at..reading.limit];
        let end = at + run.iter().take_while(|b| b.is_ascii_digit()).count();
        let escape = match text[..at] {
            [.., b'%'] | [.., b'\\', b'x'] => 2,
            [.., b'\\', b'u'] => 4,
            _ => 0,
        };
        let is_account = match self.accounts {
            Accounts::Anywhere => true,
            Accounts::InArns => reading.in_arn,
            Accounts::Kept => false,
        };
        if !is_account {
            return (at, end, None);
        }
        for start in [at, at + escape] {
            if end == start + ACCOUNT && !is_account_placeholder(&text[start..end]) {
                let pseudonym = self.placeholders.account(&text[start..end]);
                return (start, end, Some(pseudonym));
            }
        }
        (at, end, None)
    }
}

/// Whether a text is one that nothing is ever recognised in, secrets seen before aside: a UUID, or
/// a short word. Most names and values are, and a tape may have millions.
fn is_plain(text: &[u8]) -> bool {
    // The shortest form without punctuation or space is an account id.
    (text.len() < ACCOUNT && text.iter().all(u8::is_ascii_alphanumeric)) || is_uuid(text)
}

/// A place in a text.
struct Reading<'a> {
    text: &'a [u8],
    at: usize,
    /// Where the next placeholder begins.
    limit: usize,
    /// Where the last thing recognised ended. What follows is read as if it were alone, whether
    /// that thing was a secret or is already a placeholder.
    edge: usize,
    /// Whether the word at hand began as an ARN.
    in_arn: bool,
    unclosed: Unclosed,
    /// The password of the URL that is read.
    password: Option<Found>,
}

impl Reading<'_> {
    fn skip_to(&mut self, end: usize) {
        self.at = end;
        self.edge = end;
    }

    fn starts_word(&self) -> bool {
        self.at == self.edge || starts_word(self.text, self.at)
    }

    fn is_uuid(&self) -> bool {
        let end = self.at + UUID;
        end <= self.limit
            && self.text[self.at + 8] == b'-'
            && is_uuid(&self.text[self.at..end])
            && self.starts_word()
            && self.ends_word(end)
    }

    fn access_key(&self) -> Option<&[u8]> {
        let end = self.at + ACCESS_KEY;
        let key = self.text[..self.limit].get(self.at..end)?;
        (is_access_key(key) && self.ends_word(end)).then_some(key)
    }

    fn ends_word(&self, end: usize) -> bool {
        end == self.limit || !self.text[end].is_ascii_alphanumeric()
    }
}

/// Whether no word continues at `at`. The letters of an escape are not a word.
pub(super) fn starts_word(text: &[u8], at: usize) -> bool {
    match text[..at] {
        [.., last] if !last.is_ascii_alphanumeric() => true,
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., b'%', one, two] | [.., b'\\', b'x', one, two] => {
            one.is_ascii_hexdigit() && two.is_ascii_hexdigit()
        }
        [.., b'\\', b'u', a, b, c, d] => [a, b, c, d].iter().all(u8::is_ascii_hexdigit),
        [] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::Salt;

    fn redact(text: &str, accounts: Accounts, heuristics: Heuristics) -> String {
        let placeholders = Placeholders::new(&Salt::new("salt").unwrap());
        let mut known = KnownSecrets::default();
        known.add(b"correct-horse", "REDACTED-00000");
        let rules = TextRules {
            placeholders: &placeholders,
            known: &known,
            accounts,
            heuristics,
        };
        let once = rules
            .apply(text.as_bytes(), &mut Discoveries::default())
            .unwrap_or_else(|| text.into());
        assert_eq!(
            rules.apply(&once, &mut Discoveries::default()),
            None,
            "idempotent: {text}"
        );
        String::from_utf8(once).unwrap()
    }

    #[test]
    fn what_is_recognisable_is_replaced() {
        for (text, gone) in [
            ("arn:aws:iam::123456789012:role/x", "123456789012"),
            ("account 123456789012.", "123456789012"),
            ("x123456789012y", "123456789012"),
            ("User%3A%20123456789012%3A", "123456789012"),
            (r"User:\u0020123456789012", "123456789012"),
            ("f4f4ff82-2d11-4e5b-8d5b-123456789012x", "123456789012"),
            ("key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
            (
                "Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1",
                "AKIAIOSFODNN7EXAMPLE",
            ),
            ("Credential%3DAKIAIOSFODNN7EXAMPLE%2F20260101", "AKIAIOS"),
            (r"first\nAKIAIOSFODNN7EXAMPLE\n", "AKIAIOS"),
            ("it said xcorrect-horsey", "correct-horse"),
            ("https://correct-horse:pw@h/", "correct-horse"),
            ("https://AKIAIOSFODNN7EXAMPLE:pw@h/", "AKIAIOS"),
        ] {
            for heuristics in [Heuristics::Replaced, Heuristics::Kept] {
                let redacted = redact(text, Accounts::Anywhere, heuristics);
                assert!(!redacted.contains(gone), "{redacted}");
                assert_ne!(redacted, text);
            }
        }
    }

    #[test]
    fn what_only_looks_like_it_stays() {
        for text in [
            "0f1e2d3c-4b5a-4968-8776-655443322110",
            "f4f4ff82-2d11-4e5b-8d5b-123456789012",
            "1234567890123",
            "12345678901",
            "AKIAIOSFODNN7EXAMPLES",
            "AKIAIOSFODNNREDACTED-0a1b2",
            "999990000001",
            "password: no",
            "clientToken=REDACTED-0a1b2",
        ] {
            assert_eq!(redact(text, Accounts::Anywhere, Heuristics::Replaced), text);
        }
        let kept = "password=hunter2-hunter2";
        assert_eq!(redact(kept, Accounts::Anywhere, Heuristics::Kept), kept);
    }

    proptest! {
        /// A plain text is one that the reading of it leaves alone.
        #[test]
        fn plain_texts_hold_nothing(text in prop_oneof![
            "[0-9A-Za-z]{0,14}",
            "[0-9]{10,13}",
            "[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9A-F]{12}",
            "[0-9]{8}-[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{12}",
            "0{8}-0{4}-0{4}-0{4}-0{7}[0-9a-f]{5}",
            "(AKIA|ASIA|eyJ|AIza|Bearer|arn)[0-9A-Z]{0,16}",
            "(REDACTED|99999|REDACTED0)[0-9a-f]{0,7}",
        ]) {
            let placeholders = Placeholders::new(&Salt::new("salt").unwrap());
            for accounts in [Accounts::Anywhere, Accounts::InArns, Accounts::Kept] {
                let rules = TextRules {
                    placeholders: &placeholders,
                    known: &KnownSecrets::default(),
                    accounts,
                    heuristics: Heuristics::Replaced,
                };
                let mut discoveries = Discoveries::default();
                let read = rules.apply_to_any(text.as_bytes(), &mut discoveries);
                prop_assert!(!is_plain(text.as_bytes()) || read.is_none(), "{}", text);
                prop_assert_eq!(rules.apply(text.as_bytes(), &mut discoveries), read);
            }
        }
    }

    #[test]
    fn accounts_in_identifiers_go_only_within_arns() {
        let in_arns = |text| redact(text, Accounts::InArns, Heuristics::Replaced);
        for text in ["123456789012", "arn 123456789012", "a:arn,123456789012"] {
            assert_eq!(in_arns(text), text);
        }
        for text in [
            "arn:aws:kms:us-east-1:123456789012:key/1",
            "x arn%3Aaws%3Akms%3A%3A123456789012%3Akey",
        ] {
            assert_ne!(in_arns(text), text);
        }
        let text = "arn:aws:iam::123456789012:role";
        assert_eq!(redact(text, Accounts::Kept, Heuristics::Replaced), text);
    }
}
