//! Which configuration values look like secrets.

use super::form::{begins_as_token, form, url_password};
use super::placeholder::{is_access_key, is_secret_key, is_uuid};

/// What a configuration key contains if its value is a secret; compared without case and
/// punctuation.
const KEYS: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "oauth",
    "authorization",
    "signature",
    "connectionstring",
    "webhook",
    "bearer",
    "cookie",
];

/// Lengths of hexadecimal text that are a commit's or nothing in particular.
const COMMIT: usize = 40;
const SHORTEST_HEX: usize = 32;
const SHORTEST_RANDOM: usize = 20;
const LONGEST_RANDOM: usize = 4096;

/// Whether a key says that its value is a secret.
pub(super) fn key_is_suspect(key: &[u8]) -> bool {
    let plain: String = key
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(|b| char::from(b.to_ascii_lowercase()))
        .collect();
    KEYS.iter().any(|suspect| plain.contains(suspect))
}

/// Whether a value looks like a secret, whatever its key.
pub(super) fn value_is_suspect(value: &[u8]) -> bool {
    let trimmed = value.trim_ascii();
    begins_as_token(trimmed)
        || trimmed.starts_with(b"sk-")
        || trimmed.starts_with(b"Bearer ")
        || is_access_key(trimmed)
        || has_url_password(trimmed)
        || is_structure_with_suspect(trimmed)
        || is_random(trimmed)
        || (!trimmed.is_empty() && form(trimmed, 0).is_some())
}

fn has_url_password(value: &[u8]) -> bool {
    (0..value.len()).any(|at| value[at] == b':' && url_password(value, at).is_some())
}

/// A list or object as text that is not JSON and names a secret somewhere.
fn is_structure_with_suspect(value: &[u8]) -> bool {
    matches!(value.first(), Some(b'{' | b'[')) && key_is_suspect(value)
}

/// One run of letters and digits that changes its kind as often as random text does.
fn is_random(value: &[u8]) -> bool {
    if !(SHORTEST_RANDOM..=LONGEST_RANDOM).contains(&value.len()) || is_uuid(value) {
        return false;
    }
    if value.iter().all(u8::is_ascii_hexdigit) {
        return value.len() >= SHORTEST_HEX
            && value.len() != COMMIT
            && value.iter().any(u8::is_ascii_alphabetic);
    }
    let in_alphabet =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+' | b'=' | b'-' | b'_');
    if !value.iter().all(in_alphabet) {
        return false;
    }
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    // A secret key of AWS may contain words, as the one in its documentation does.
    let rarest = if is_secret_key(value) { 5 } else { 4 };
    has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
        && changes(value) * rarest >= value.len()
}

/// How often the kind of character changes. Words joined by punctuation or by their capitals are a
/// name, not a secret: neither counts.
fn changes(value: &[u8]) -> usize {
    let kind = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    (1..value.len())
        .filter(|at| {
            let (before, here) = (kind(value[at - 1]), kind(value[*at]));
            let begins_word = (before, here) == (1, 0) && (*at < 2 || kind(value[at - 2]) != 1);
            before != here && before != 3 && here != 3 && !begins_word
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for key in [
            "Password",
            "OAuthToken",
            "my_api-key",
            "DB_PASSWD",
            "ClientSecret",
            "AWS_SECRET_ACCESS_KEY",
        ] {
            assert!(key_is_suspect(key.as_bytes()), "{key}");
        }
        for key in [
            "ProjectName",
            "S3ObjectKey",
            "Branch",
            "Author",
            "BucketName",
            "RunOrder",
        ] {
            assert!(!key_is_suspect(key.as_bytes()), "{key}");
        }
    }

    #[test]
    fn values() {
        for value in [
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY1x9",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "IQoJb3JpZ2luX2VjEXAMPLE",
            "postgres://app:hunter2@db:5432/x",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
            "d41d8cd98f00b204e9800998ecf8427e",
            r#"[{name:"DB_PASSWORD",value:"x"}]"#,
        ] {
            assert!(value_is_suspect(value.as_bytes()), "{value}");
        }
        for value in [
            "my-build-project-in-production",
            "builds/MyApp1/Artifact2/output.zip",
            "builds/MyApp1/Artifact2",
            "CodePipelineServiceRole1",
            "builds/MyApp1/Artifact2/output/release01",
            "arn:aws:iam::123456789012:role/CodePipelineServiceRole",
            "https://github.com/owner/repository",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "0f1e2d3c-4b5a-4968-8776-655443322110",
            "12345678901234567890123456789012",
            "",
            r#"[{name:"STAGE",value:"x"}]"#,
        ] {
            assert!(!value_is_suspect(value.as_bytes()), "{value}");
        }
    }
}
