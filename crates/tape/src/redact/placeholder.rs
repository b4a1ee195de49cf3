//! Placeholders: what replaces a secret.
//!
//! A placeholder has the shape of what it replaces, so that SDKs still parse it and the API's
//! constraints hold. It contains 20 bits of a keyed hash: enough to distinguish the values on a
//! tape, far too few to confirm a guess.

use std::fmt;
use std::ops::Range;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::rules::Salt;

const BITS: u32 = 20;
const HEX_DIGITS: usize = 5;

const ACCESS_KEY: &str = "ASIAREDACTED000";
const SECRET_KEY: &str = "REDACTED000000000000000000000000000";
const UUID: &str = "00000000-0000-0000-0000-0000000";
const GENERIC: &str = "REDACTED-";
/// What the forms that are not UUIDs have in common, and where it begins in an access key.
const WORD: &str = "REDACTED";
const WORD_IN_ACCESS_KEY: usize = 4;
const ACCOUNT: &str = "99999";
const ACCOUNT_DIGITS: usize = 12;
/// Where an ARN has its account.
const NO_ACCOUNT: &str = "999990000000:";
/// Numbers in the place of secret numbers: 1_900_000_000 plus the hash. They fit 32 bits with a
/// sign, and are good timestamps.
const NUMBER: u64 = 1_900_000_000;

/// Makes a tape's placeholders.
#[derive(Clone)]
pub(super) struct Placeholders {
    /// With the salt as its key, ready for a value.
    keyed: Hmac<Sha256>,
}

impl fmt::Debug for Placeholders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Placeholders")
    }
}

impl Placeholders {
    pub(super) fn new(salt: &Salt) -> Self {
        let Ok(keyed) = Hmac::new_from_slice(salt.as_str().as_bytes()) else {
            unreachable!("HMAC takes keys of any length");
        };
        Placeholders { keyed }
    }

    /// For a secret text; of the shape that the text has.
    pub(super) fn secret(&self, value: &[u8]) -> String {
        let hash = self.hash(value);
        if is_uuid(value) {
            return format!("{UUID}{hash:05x}");
        }
        if is_access_key(value) {
            return format!("{ACCESS_KEY}{hash:05X}");
        }
        if is_secret_key(value) {
            return format!("{SECRET_KEY}{hash:05X}");
        }
        if let Some(prefix) = arn_prefix(value) {
            return format!("{prefix}{NO_ACCOUNT}{GENERIC}{hash:05x}");
        }
        format!("{GENERIC}{hash:05x}")
    }

    /// For an account id.
    pub(super) fn account(&self, digits: &[u8]) -> String {
        format!("{ACCOUNT}{:07}", self.hash(digits))
    }

    /// For a number.
    pub(super) fn number(&self, token: &[u8]) -> String {
        (NUMBER + u64::from(self.hash(token))).to_string()
    }

    fn hash(&self, value: &[u8]) -> u32 {
        let mut mac = self.keyed.clone();
        mac.update(value);
        let digest = mac.finalize().into_bytes();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) >> (32 - BITS)
    }
}

/// Whether a text in a secret's place is a placeholder already.
pub(super) fn is_secret_placeholder(value: &[u8]) -> bool {
    let generic = match arn_prefix(value) {
        Some(prefix) => value[prefix.len()..]
            .strip_prefix(NO_ACCOUNT.as_bytes())
            .unwrap_or_default(),
        None => value,
    };
    has_form(generic, GENERIC)
        || has_form(value, UUID)
        || has_form(value, ACCESS_KEY)
        || has_form(value, SECRET_KEY)
}

fn has_form(value: &[u8], form: &str) -> bool {
    value.len() == form.len() + HEX_DIGITS && begins_with_form(value, form)
}

fn begins_with_form(text: &[u8], form: &str) -> bool {
    text.strip_prefix(form.as_bytes())
        .and_then(|rest| rest.get(..HEX_DIGITS))
        .is_some_and(|hash| hash.iter().all(u8::is_ascii_hexdigit))
}

/// The places of placeholders in a text, in order. Those of account ids and numbers are not among
/// them: they look like any number.
pub(super) fn placeholders_in(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(|b| matches!(b, b'R' | b'0')) {
        at += next;
        match placeholder_at(text, at) {
            Some(range) => {
                at = range.end;
                found.push(range);
            }
            None => at += 1,
        }
    }
    found
}

/// The placeholder whose first distinct byte is at `at`.
fn placeholder_at(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    let end = |form: &str| at + form.len() + HEX_DIGITS;
    if rest[0] == b'0' {
        return begins_with_form(rest, UUID).then(|| at..end(UUID));
    }
    if !rest.starts_with(WORD.as_bytes()) {
        return None;
    }
    if begins_with_form(rest, GENERIC) {
        return Some(at..end(GENERIC));
    }
    if begins_with_form(rest, SECRET_KEY) {
        return Some(at..end(SECRET_KEY));
    }
    let start = at.checked_sub(WORD_IN_ACCESS_KEY)?;
    begins_with_form(&text[start..], ACCESS_KEY)
        .then(|| start..start + ACCESS_KEY.len() + HEX_DIGITS)
}

/// Whether twelve digits are a pseudonym already.
pub(super) fn is_account_placeholder(digits: &[u8]) -> bool {
    digits.len() == ACCOUNT_DIGITS
        && digits
            .strip_prefix(ACCOUNT.as_bytes())
            .and_then(number)
            .is_some_and(|hash| hash < 1 << BITS)
}

/// Whether a number is a placeholder already.
pub(super) fn is_number_placeholder(token: &[u8]) -> bool {
    number(token).is_some_and(|value| (NUMBER..NUMBER + (1 << BITS)).contains(&value))
}

/// The form of the access keys that AWS hands out.
pub(super) fn is_access_key(value: &[u8]) -> bool {
    value.len() == 20
        && (value.starts_with(b"AKIA") || value.starts_with(b"ASIA"))
        && value
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The form of the secret keys that AWS hands out.
pub(super) fn is_secret_key(value: &[u8]) -> bool {
    value.len() == 40
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+' | b'='))
}

/// The form of UUIDs, in either case of letters.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `arn:PARTITION:SERVICE:REGION:` of an ARN. Its parts are short and plain: they hide nothing.
fn arn_prefix(value: &[u8]) -> Option<&str> {
    let rest = value.strip_prefix(b"arn:aws")?;
    let mut parts = rest.splitn(4, |b| *b == b':');
    let mut length = b"arn:aws".len();
    for longest in [8, 24, 16] {
        let part = parts.next()?;
        let is_plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        if part.len() > longest || !part.iter().all(is_plain) {
            return None;
        }
        length += part.len() + 1;
    }
    // An account and a resource: an ARN that is cut short would be in its own placeholder.
    let mut rest = parts.next()?.splitn(2, |b| *b == b':').skip(1);
    rest.next().filter(|resource| !resource.is_empty())?;
    std::str::from_utf8(&value[..length]).ok()
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_have_the_shape_of_the_secret_and_are_recognised() {
        let placeholders = Placeholders::new(&Salt::new("salt").unwrap());
        for (secret, start, length) in [
            ("ASIAIOSFODNN7EXAMPLE", "ASIAREDACTED000", 20),
            ("AKIAIOSFODNN7EXAMPLE", "ASIAREDACTED000", 20),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "REDACTED0", 40),
            ("0f1e2d3c-4b5a-4968-8776-655443322110", "00000000-0000-", 36),
            ("hunter2", "REDACTED-", 14),
            (
                "arn:aws:secretsmanager:us-east-1:1:secret:x",
                "arn:aws:secretsmanager:us-east-1:999990000000:REDACTED-",
                60,
            ),
            // Not parts of an ARN: they could be the secret.
            ("arn:aws:Hunter2:us-east-1:1:x", "REDACTED-", 14),
            ("arn:aws:iam:", "REDACTED-", 14),
            ("arn:aws:iam::", "REDACTED-", 14),
            ("arn:aws:iam::123456789012:", "REDACTED-", 14),
        ] {
            let placeholder = placeholders.secret(secret.as_bytes());
            assert!(placeholder.starts_with(start), "{placeholder}");
            assert_eq!(placeholder.len(), length, "{placeholder}");
            assert!(
                is_secret_placeholder(placeholder.as_bytes()),
                "{placeholder}"
            );
            assert!(!is_secret_placeholder(secret.as_bytes()), "{secret}");
        }
        assert!(is_account_placeholder(
            placeholders.account(b"123456789012").as_bytes()
        ));
        assert!(!is_account_placeholder(b"123456789012"));
        assert!(!is_account_placeholder(b"999999999999"));
        assert!(is_number_placeholder(placeholders.number(b"42").as_bytes()));
        assert!(!is_number_placeholder(b"42"));
    }

    #[test]
    fn placeholders_are_found_in_any_text() {
        for (text, found) in [
            ("xREDACTED-0a1b2c", &[(1, 15)][..]),
            (
                "REDACTED-0a1b2REDACTED-0a1b2-REDACTED-0a1b",
                &[(0, 14), (14, 28)],
            ),
            ("0ASIAREDACTED0000A1B2", &[(1, 21)]),
            // The secret key's form, whatever is before it.
            ("ASIAREDACTED0000000000000000000000000000A1B2", &[(4, 44)]),
            ("000000000-0000-0000-0000-00000000a1b2", &[(1, 37)]),
            ("REDACTED 0000", &[]),
        ] {
            let ranges = placeholders_in(text.as_bytes());
            let ranges: Vec<_> = ranges.iter().map(|r| (r.start, r.end)).collect();
            assert_eq!(ranges, found, "{text}");
        }
    }

    #[test]
    fn a_salt_changes_them() {
        let of = |salt: &str| Placeholders::new(&Salt::new(salt).unwrap()).secret(b"hunter2");
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
    }
}
