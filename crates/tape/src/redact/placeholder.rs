//! What stands in the place of a secret.
//!
//! A placeholder has the shape of what it replaces, so that SDKs still parse it and the API's
//! constraints hold. It holds 20 bits of a keyed hash: enough to tell the values on a tape apart, far
//! too few to confirm a guess.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::rules::Salt;

const BITS: u32 = 20;
const HEX_DIGITS: usize = 5;

const ACCESS_KEY: &str = "ASIAREDACTED000";
const SECRET_KEY: &str = "REDACTED000000000000000000000000000";
const UUID: &str = "00000000-0000-0000-0000-0000000";
const GENERIC: &str = "REDACTED-";
const ACCOUNT: &str = "99999";
const ACCOUNT_DIGITS: usize = 12;
/// Numbers in the place of secret numbers: 1_900_000_000 plus the hash.
const NUMBER: u64 = 1_900_000_000;

/// Makes a tape's placeholders.
#[derive(Debug, Clone)]
pub(super) struct Placeholders {
    salt: Salt,
}

impl Placeholders {
    pub(super) fn new(salt: Salt) -> Self {
        Placeholders { salt }
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
        if value.len() == 40
            && value
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+' | b'='))
        {
            return format!("{SECRET_KEY}{hash:05X}");
        }
        if let Some(prefix) = arn_prefix(value) {
            return format!("{prefix}{GENERIC}{hash:05x}");
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
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.salt.as_str().as_bytes()) else {
            unreachable!("HMAC takes keys of any length");
        };
        mac.update(value);
        let digest = mac.finalize().into_bytes();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) >> (32 - BITS)
    }
}

/// Whether a text in a secret's place is a placeholder already.
pub(super) fn is_secret_placeholder(value: &[u8]) -> bool {
    let hashed = |prefix: &str| {
        value
            .strip_prefix(prefix.as_bytes())
            .is_some_and(|hash| hash.len() == HEX_DIGITS && hash.iter().all(u8::is_ascii_hexdigit))
    };
    hashed(UUID)
        || hashed(ACCESS_KEY)
        || hashed(SECRET_KEY)
        || hashed(GENERIC)
        || arn_prefix(value).is_some_and(|prefix| hashed(&format!("{prefix}{GENERIC}")))
}

/// The length of the placeholder that `text` begins with, of one of the forms that stand out in any text.
pub(super) fn placeholder_length(text: &[u8]) -> Option<usize> {
    if !matches!(text.first(), Some(b'R' | b'A')) {
        return None;
    }
    [SECRET_KEY, GENERIC, ACCESS_KEY].iter().find_map(|form| {
        let length = form.len() + HEX_DIGITS;
        let hash = text.get(form.len()..length)?;
        (text.starts_with(form.as_bytes()) && hash.iter().all(u8::is_ascii_hexdigit))
            .then_some(length)
    })
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

/// Whether a text is part of what every placeholder has in common: replacing it would break them.
pub(super) fn is_common_part(value: &[u8]) -> bool {
    [ACCESS_KEY, SECRET_KEY, UUID, GENERIC, ACCOUNT]
        .iter()
        .any(|form| {
            form.as_bytes()
                .windows(value.len().max(1))
                .any(|part| part == value)
        })
}

/// The form of the access keys that AWS hands out.
pub(super) fn is_access_key(value: &[u8]) -> bool {
    value.len() == 20
        && (value.starts_with(b"AKIA") || value.starts_with(b"ASIA"))
        && value
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The form of UUIDs, in either case of letters.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `arn:PARTITION:SERVICE:REGION:` of an ARN.
fn arn_prefix(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value)
        .ok()
        .filter(|text| text.starts_with("arn:"))?;
    let (end, _) = text.match_indices(':').nth(3)?;
    Some(&text[..=end])
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_have_the_shape_of_the_secret_and_are_recognised() {
        let placeholders = Placeholders::new(Salt::new("salt").unwrap());
        for (secret, start, length) in [
            ("ASIAIOSFODNN7EXAMPLE", "ASIAREDACTED000", 20),
            ("AKIAIOSFODNN7EXAMPLE", "ASIAREDACTED000", 20),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "REDACTED0", 40),
            ("0f1e2d3c-4b5a-4968-8776-655443322110", "00000000-0000-", 36),
            ("hunter2", "REDACTED-", 14),
            (
                "arn:aws:secretsmanager:us-east-1:1:secret:x",
                "arn:aws:secretsmanager:us-east-1:REDACTED-",
                47,
            ),
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
    fn a_salt_changes_them() {
        let of = |salt: &str| Placeholders::new(Salt::new(salt).unwrap()).secret(b"hunter2");
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
    }
}
