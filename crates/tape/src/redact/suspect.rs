//! Which configuration values look like secrets.

use super::placeholder::{is_access_key, is_uuid};

/// What a configuration key has in it where its value is a secret; compared without case and punctuation.
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

/// How the secrets of well-known services begin.
const STARTS: [&str; 20] = [
    "-----BEGIN",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxs-",
    "sk_live_",
    "rk_live_",
    "sk-",
    "AIza",
    "npm_",
    "hf_",
    "dop_v1_",
    "Bearer ",
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
    STARTS
        .iter()
        .any(|start| trimmed.starts_with(start.as_bytes()))
        || is_access_key(trimmed)
        || is_jwt(trimmed)
        || has_url_password(trimmed)
        || is_structure_with_suspect(trimmed)
        || is_random(trimmed)
}

/// Three base64 parts, the first of which is JSON.
fn is_jwt(value: &[u8]) -> bool {
    value.starts_with(b"eyJ") && value.iter().filter(|b| **b == b'.').count() == 2
}

/// `scheme://user:password@host`.
fn has_url_password(value: &[u8]) -> bool {
    let Some(at) = value.windows(3).position(|part| part == b"://") else {
        return false;
    };
    let authority = value[at + 3..]
        .split(|b| matches!(b, b'/' | b'?' | b'#'))
        .next()
        .unwrap_or_default();
    authority
        .iter()
        .position(|b| *b == b'@')
        .is_some_and(|end| authority[..end].contains(&b':'))
}

/// A list or object as text (such as a list of environment variables) that speaks of a secret somewhere.
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
    let kind = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let has = |wanted: i32| value.iter().any(|b| kind(*b) == wanted);
    let changes = value
        .windows(2)
        .map(|pair| (kind(pair[0]), kind(pair[1])))
        // Words joined by punctuation are a path, not a secret.
        .filter(|(one, next)| one != next && *one != 3 && *next != 3)
        .count();
    has(0) && has(1) && has(2) && changes * 3 >= value.len()
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
            "postgres://app:hunter2@db:5432/x",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
            "d41d8cd98f00b204e9800998ecf8427e",
            r#"[{"name":"DB_PASSWORD","value":"x"}]"#,
        ] {
            assert!(value_is_suspect(value.as_bytes()), "{value}");
        }
        for value in [
            "my-build-project-in-production",
            "builds/MyApp1/Artifact2/output.zip",
            "builds/MyApp1/Artifact2",
            "arn:aws:iam::123456789012:role/CodePipelineServiceRole",
            "https://github.com/owner/repository",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "0f1e2d3c-4b5a-4968-8776-655443322110",
            "12345678901234567890123456789012",
            "",
            r#"[{"name":"STAGE","value":"x"}]"#,
        ] {
            assert!(!value_is_suspect(value.as_bytes()), "{value}");
        }
    }
}
