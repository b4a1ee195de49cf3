//! The keys that callers may sign with.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fmt, fs, io};

use serde::{Deserialize, Deserializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The keys that callers may sign with. `Debug` says how many there are, and nothing else.
///
/// As JSON, a list:
///
/// ```
/// let json = br#"[
///   { "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
///   { "accessKeyId": "ASIAIOSFODNN7EXAMPLE", "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
///     "sessionToken": "EXAMPLESESSIONTOKEN", "expiration": "2030-01-01T00:00:00Z" }
/// ]"#;
/// let credentials = pipetape_emulator::Credentials::from_json(json)?;
/// assert_eq!(format!("{credentials:?}"), "Credentials(2)");
/// # Ok::<(), pipetape_emulator::CredentialsError>(())
/// ```
///
/// A key with a session token is valid with that token alone, and until `expiration` if there is one;
/// a key without is valid without. One id may be in the list with several tokens.
#[derive(Clone)]
pub struct Credentials {
    /// At least one.
    keys: Vec<AccessKey>,
}

/// One key. `Debug` shows its id alone.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessKey {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    session_token: Option<String>,
    #[serde(default, deserialize_with = "instant")]
    expiration: Option<SystemTime>,
}

/// Why credentials can't be read. The text holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file can't be read.
    #[error("credentials file `{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The JSON is malformed, or not of the form above. serde's own text would repeat what it found.
    #[error(
        "credentials are not in order at line {line}, column {column}: a list of objects with `accessKeyId`, \
         `secretAccessKey` and, for temporary keys, `sessionToken` and `expiration` (RFC 3339) is expected"
    )]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// There is no key at all, so nobody could call.
    #[error("credentials are an empty list: nobody could call")]
    Empty,
}

impl Credentials {
    /// Reads a file; see [`Credentials`] for its form.
    ///
    /// # Errors
    ///
    /// The file can't be read, is not of that form, or has no key.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Credentials, CredentialsError> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| CredentialsError::Read {
            path: path.to_owned(),
            source,
        })?;
        Credentials::from_json(&bytes)
    }

    /// Reads JSON of the form above.
    ///
    /// # Errors
    ///
    /// Other JSON, or a list without a key.
    pub fn from_json(bytes: &[u8]) -> Result<Credentials, CredentialsError> {
        let keys: Vec<AccessKey> =
            serde_json::from_slice(bytes).map_err(|error| CredentialsError::Json {
                line: error.line(),
                column: error.column(),
            })?;
        if keys.is_empty() {
            return Err(CredentialsError::Empty);
        }
        Ok(Credentials { keys })
    }

    /// The first key: one for a worker that has none of its own.
    pub fn first(&self) -> &AccessKey {
        &self.keys[0]
    }

    /// The key with this id that goes with this session token, or with none.
    pub(super) fn key(&self, id: &str, token: Option<&[u8]>) -> Option<&AccessKey> {
        let mut keys = self.keys.iter();
        keys.find(|key| {
            key.access_key_id == id && key.session_token.as_ref().map(String::as_bytes) == token
        })
    }
}

impl AccessKey {
    /// The access key id, which is not a secret.
    pub fn id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret key, in clear.
    pub fn expose_secret(&self) -> &str {
        &self.secret_access_key
    }

    /// The session token that the key is valid with, in clear.
    pub fn expose_session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    pub(super) fn is_expired(&self, now: SystemTime) -> bool {
        self.expiration.is_some_and(|expiration| expiration <= now)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.keys.len())
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKey({})", self.access_key_id)
    }
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let instant = OffsetDateTime::parse(&text, &Rfc3339).map_err(de::Error::custom)?;
    Ok(Some(SystemTime::from(instant)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_the_line_and_no_secret() {
        for json in [
            "",
            "{}",
            "[\n\"hunter2\"]",
            r#"[{"accessKeyId": "a"}]"#,
            r#"[{"accessKeyId": "a", "secretAccessKey": "hunter2", "token": "hunter2"}]"#,
            r#"[{"accessKeyId": "a", "secretAccessKey": "hunter2", "expiration": "hunter2"}]"#,
        ] {
            let error = Credentials::from_json(json.as_bytes()).unwrap_err();
            assert!(matches!(error, CredentialsError::Json { .. }), "{json}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let error = Credentials::from_json(b"[]").unwrap_err();
        assert!(matches!(error, CredentialsError::Empty));
        let error = Credentials::from_file("no/such/file").unwrap_err();
        insta::assert_snapshot!(error, @"credentials file `no/such/file` cannot be read");
    }

    #[test]
    fn a_key_is_found_by_id_and_token() {
        let credentials = Credentials::from_json(
            br#"[{"accessKeyId": "a", "secretAccessKey": "1"},
                 {"accessKeyId": "a", "secretAccessKey": "2", "sessionToken": "t"}]"#,
        )
        .unwrap();
        let secret = |id, token| {
            credentials
                .key(id, token)
                .map(|k| k.secret_access_key.as_str())
        };
        assert_eq!(secret("a", None), Some("1"));
        assert_eq!(secret("a", Some(b"t")), Some("2"));
        assert_eq!(secret("a", Some(b"u")), None);
        assert_eq!(secret("b", None), None);
    }

    #[test]
    fn the_first_key_is_given_out_and_never_shown() {
        let credentials = Credentials::from_json(
            br#"[{"accessKeyId": "a", "secretAccessKey": "hunter2", "sessionToken": "hunter3"},
                 {"accessKeyId": "b", "secretAccessKey": "2"}]"#,
        )
        .unwrap();
        let first = credentials.first();
        assert_eq!((first.id(), first.expose_secret()), ("a", "hunter2"));
        assert_eq!(first.expose_session_token(), Some("hunter3"));
        assert_eq!(format!("{first:?}"), "AccessKey(a)");
    }
}
