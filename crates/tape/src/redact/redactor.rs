//! Redaction of whole messages by one tape's rules.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::body::Walk;
use super::discoveries::{Discoveries, MOST_KEYS};
use super::known::KnownSecrets;
use super::placeholder::Placeholders;
use crate::pointer::Pointer;
use crate::rules::{RedactConfig, Rules};

/// Most passes over one body. One finds the secrets, one finds them again elsewhere, one finds
/// nothing: only text that was built to need more does.
const MOST_PASSES: usize = 8;
/// Most texts remembered as clean, and the longest.
const MOST_CLEAN: usize = 64;
const LONGEST_CLEAN: usize = 512;

/// Replaces secrets by a tape's own rules, the same at record time and at match time.
///
/// The same secret always becomes the same placeholder. A body is redacted until a pass over it
/// changes nothing, so redaction is idempotent: what it gives, it leaves unchanged. A redactor that
/// records also remembers each secret it has seen and finds it again in any other text; one that
/// replays remembers nothing between messages, so that an answer never depends on earlier messages.
///
/// ```
/// use pipetape_tape::{Redactor, Rules};
///
/// let redactor = Redactor::for_replay(&Rules::default());
/// let body = redactor.body(br#"{"jobId":"f","clientToken":"open sesame"}"#);
/// assert!(body.starts_with(br#"{"jobId":"f","clientToken":"REDACTED-"#));
/// assert_eq!(redactor.body(&body), body);
/// ```
#[derive(Debug)]
pub struct Redactor {
    placeholders: Placeholders,
    redact: Vec<Pointer>,
    config: RedactConfig,
    keep_account_ids: bool,
    memory: Memory,
}

#[derive(Debug)]
enum Memory {
    /// Nothing outlives a message.
    None,
    Kept(Box<RwLock<SecretMemory>>),
}

#[derive(Debug, Default)]
struct SecretMemory {
    secrets: KnownSecrets,
    /// Short texts with nothing to replace: a client sends many of its headers again and again.
    clean: HashSet<String>,
    /// Counts additions to `secrets`.
    generation: u64,
    kept_config: BTreeSet<String>,
}

impl Redactor {
    /// A redactor for matching.
    pub fn for_replay(rules: &Rules) -> Redactor {
        Redactor::new(rules, Memory::None)
    }

    /// A redactor for recording; it remembers the secrets it sees.
    pub fn for_recording(rules: &Rules) -> Redactor {
        Redactor::new(rules, Memory::Kept(Box::default()))
    }

    fn new(rules: &Rules, memory: Memory) -> Redactor {
        Redactor {
            placeholders: Placeholders::new(&rules.salt),
            redact: rules.redact.clone(),
            config: rules.redact_config,
            keep_account_ids: rules.keep_account_ids,
            memory,
        }
    }

    /// The body of a request or a response, redacted. JSON stays JSON of the same structure; any
    /// other bytes are redacted as text.
    pub fn body<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        let mut redacted = Cow::Borrowed(body);
        // What one pass finds in this body alone, a redactor without memory has to know in the
        // next.
        let mut local = KnownSecrets::default();
        for _ in 0..MOST_PASSES {
            let mut discoveries = Discoveries::default();
            let replaced = match &self.memory {
                Memory::None => self.walk(&local).body(&redacted, &mut discoveries),
                Memory::Kept(seen) => self
                    .walk(&read(seen).secrets)
                    .body(&redacted, &mut discoveries),
            };
            let Some(replaced) = replaced else {
                self.list_kept(discoveries.into_kept());
                return redacted;
            };
            redacted = Cow::Owned(replaced);
            if discoveries.has_secrets() {
                match &self.memory {
                    Memory::None => discoveries.add_to(&mut local),
                    Memory::Kept(seen) => {
                        let mut seen = write(seen);
                        discoveries.add_to(&mut seen.secrets);
                        seen.doubt();
                    }
                }
            }
        }
        let placeholder = self.placeholders.secret(&redacted);
        Cow::Owned(format!("\"{placeholder}\"").into_bytes())
    }

    /// A header's value or another text, redacted.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let generation = match &self.memory {
            Memory::None => 0,
            Memory::Kept(seen) => {
                let seen = read(seen);
                if seen.clean.contains(text) {
                    return Cow::Borrowed(text);
                }
                seen.generation
            }
        };
        match self.body(text.as_bytes()) {
            Cow::Borrowed(_) => {
                if let Memory::Kept(seen) = &self.memory {
                    write(seen).note_clean(text, generation);
                }
                Cow::Borrowed(text)
            }
            Cow::Owned(redacted) => Cow::Owned(
                // A secret from a body that was not UTF-8 may end within a character.
                String::from_utf8(redacted)
                    .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
            ),
        }
    }

    /// Makes these texts secrets: they are replaced everywhere. Only a redactor that records
    /// remembers them.
    pub fn know_secrets(&self, secrets: &[&str]) {
        if let Memory::Kept(seen) = &self.memory {
            let mut seen = write(seen);
            for secret in secrets {
                let placeholder = self.placeholders.secret(secret.as_bytes());
                seen.secrets.add(secret.as_bytes(), &placeholder);
            }
            seen.doubt();
        }
    }

    /// Another number whenever a secret was added to what is remembered: what was redacted before
    /// may have to be redacted again.
    pub(crate) fn generation(&self) -> u64 {
        match &self.memory {
            Memory::None => 0,
            Memory::Kept(seen) => read(seen).generation,
        }
    }

    /// The configuration keys whose value was kept in clear so far, sorted; at most 1,000.
    pub fn kept_config(&self) -> Vec<String> {
        match &self.memory {
            Memory::None => Vec::new(),
            Memory::Kept(seen) => read(seen).kept_config.iter().cloned().collect(),
        }
    }

    fn walk<'a>(&'a self, known: &'a KnownSecrets) -> Walk<'a> {
        Walk {
            placeholders: &self.placeholders,
            known,
            redact: &self.redact,
            config: self.config,
            keep_account_ids: self.keep_account_ids,
        }
    }

    fn list_kept(&self, keys: BTreeSet<String>) {
        let Memory::Kept(seen) = &self.memory else {
            return;
        };
        if keys.iter().any(|key| read(seen).would_list(key)) {
            let mut seen = write(seen);
            for key in keys {
                if seen.would_list(&key) {
                    seen.kept_config.insert(key);
                }
            }
        }
    }
}

impl SecretMemory {
    /// A secret was added: what was clean may contain it.
    fn doubt(&mut self) {
        self.generation += 1;
        self.clean.clear();
    }

    /// Remembers a text that was found clean by what was known at `generation`.
    fn note_clean(&mut self, text: &str, generation: u64) {
        if text.len() > LONGEST_CLEAN || generation != self.generation {
            return;
        }
        if self.clean.len() >= MOST_CLEAN {
            self.clean.clear();
        }
        self.clean.insert(text.to_owned());
    }

    fn would_list(&self, key: &str) -> bool {
        self.kept_config.len() < MOST_KEYS && !self.kept_config.contains(key)
    }
}

/// After a panic the memory is still whole: each change is one call.
fn read(seen: &RwLock<SecretMemory>) -> RwLockReadGuard<'_, SecretMemory> {
    seen.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(seen: &RwLock<SecretMemory>) -> RwLockWriteGuard<'_, SecretMemory> {
    seen.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Salt;

    fn rules() -> Rules {
        Rules {
            salt: Salt::new("salt").unwrap(),
            ..Rules::default()
        }
    }

    fn redact_by(rules: &Rules, body: &str) -> String {
        let redactor = Redactor::for_replay(rules);
        let once = redactor.body(body.as_bytes()).into_owned();
        assert_eq!(redactor.body(&once), once, "idempotent");
        assert_eq!(
            Redactor::for_recording(rules).body(body.as_bytes()),
            once,
            "the same when recording"
        );
        String::from_utf8(once).unwrap()
    }

    fn redact(body: &str) -> String {
        redact_by(&rules(), body)
    }

    const JOB: &str = r#"{"jobs":[{"id":"0f1e2d3c-4b5a-4968-8776-123456789012","nonce":"123456789012","accountId":"123456789012","data":{"actionConfiguration":{"configuration":{"ProjectName":"site","OAuthToken":"hunter2-hunter2","Endpoint":"https://u:p4ss@h/"}},"artifactCredentials":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","secretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY","sessionToken":"IQoJ\u0062+very+long"},"encryptionKey":{"id":"arn:aws:kms:us-east-1:123456789012:key/1","type":"KMS"},"continuationToken":"c-1"}}]}"#;

    #[test]
    fn a_job_keeps_its_shape_and_loses_its_secrets() {
        let redacted = redact(JOB);
        for secret in [
            "ASIAIOSFODNN7EXAMPLE",
            "wJalrXUtn",
            "IQoJ",
            "hunter2",
            "p4ss",
            "\"accountId\":\"123456789012",
            "east-1:1234",
        ] {
            assert!(!redacted.contains(secret), "{secret} in {redacted}");
        }
        for kept in [
            "0f1e2d3c-4b5a-4968-8776-123456789012",
            r#""nonce":"123456789012""#,
            r#""ProjectName":"site""#,
            "c-1",
        ] {
            assert!(redacted.contains(kept), "{kept} not in {redacted}");
        }
        assert!(crate::json::parse(redacted.as_bytes()).is_some());
    }

    #[test]
    fn broken_text_is_no_hiding_place() {
        let whole = JOB.find("MDENG").unwrap() + 3;
        for body in [
            &JOB[..whole],
            "<html>AKIAIOSFODNN7EXAMPLE \"quoted\" {clientToken: hunter2-hunter2}</html>",
            r#"{"message":"{\"clientToken\":\"hunter2-hunter2\"}"}"#,
            r#"{"message":"clientToken=hunter2-hunter2"}"#,
            r#"{"clientToken":["hunter2-hunter2",{"a":"hunter2-hunter2"}]}"#,
            r#"{"CLIENTTOKEN":"hunter2-hunter2","x":"said hunter2-hunter2"}"#,
            r#"{"x":"said hunter2-hunter2","clientToken":"hunter2-hunter2"}"#,
            r#"{"client\u0054oken":"hunter2\u002dhunter2"}"#,
            r#"{"clientToken":"hunter2-hunter2"#,
            r#"{"clientToken": 7654321 }"#,
            r#"{"clientToken": hunter2-hunter2 }"#,
        ] {
            let redacted = redact(body);
            for secret in ["hunter2", "wJalrXUtn", "AKIAIOSF", "7654321"] {
                assert!(!redacted.contains(secret), "{redacted}");
            }
        }
    }

    #[test]
    fn rules_change_what_goes() {
        let body =
            r#"{"configuration":{"A":"one-value"},"x":{"y":["z"]},"accountId":"123456789012"}"#;
        assert!(redact(body).contains("one-value"));
        assert!(
            !redact_by(
                &Rules {
                    redact_config: RedactConfig::All,
                    ..rules()
                },
                body
            )
            .contains("one-value")
        );
        let secret = r#"{"configuration":{"Password":"one-value"}}"#;
        assert!(!redact(secret).contains("one-value"));
        assert!(
            redact_by(
                &Rules {
                    redact_config: RedactConfig::None,
                    ..rules()
                },
                secret
            )
            .contains("one-value")
        );
        let pointed = Rules {
            redact: vec!["/x/y/*".parse().unwrap()],
            ..rules()
        };
        assert!(!redact_by(&pointed, body).contains(r#""z""#));
        assert!(
            redact_by(
                &Rules {
                    keep_account_ids: true,
                    ..rules()
                },
                body
            )
            .contains("123456789012")
        );
    }

    #[test]
    fn what_was_clean_is_so_until_a_secret_is_seen() {
        let redactor = Redactor::for_recording(&rules());
        let text = "worker/1.0 of open-sesame and abracadabra";
        let shown = || redactor.text(text).into_owned();
        assert_eq!([shown(), shown()], [text, text]);
        redactor.body(br#"{"clientToken":"open-sesame"}"#);
        assert!(!shown().contains("open-sesame"));
        assert!(shown().contains("abracadabra"));
        redactor.know_secrets(&["abracadabra"]);
        assert!(!shown().contains("abracadabra"));

        // Found clean before a secret was seen, and noted after.
        let Memory::Kept(seen) = &redactor.memory else {
            panic!("a recorder remembers");
        };
        let before = read(seen).generation;
        redactor.know_secrets(&["worker/1.0"]);
        write(seen).note_clean(text, before);
        assert!(!shown().contains("worker"));
        for n in 0..1000 {
            redactor.text(&format!("text {n}"));
        }
        redactor.text(&"long ".repeat(1000));
        assert!(read(seen).clean.len() <= MOST_CLEAN);
        assert!(
            read(seen)
                .clean
                .iter()
                .all(|text| text.len() <= LONGEST_CLEAN)
        );
    }

    #[test]
    fn a_recorder_remembers_and_lists() {
        let redactor = Redactor::for_recording(&rules());
        redactor.know_secrets(&["my-own-secret-key"]);
        let job = redactor.body(JOB.as_bytes()).into_owned();
        let echo =
            redactor.text("bad token hunter2-hunter2 for my-own-secret-key and IQoJb+very+long");
        for secret in ["hunter2", "my-own", "IQoJb"] {
            assert!(!echo.contains(secret), "{echo}");
        }
        assert_eq!(redactor.kept_config(), ["ProjectName"]);
        let job = String::from_utf8(job).unwrap();
        let given = job
            .split("sessionToken\":\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert!(
            echo.ends_with(given),
            "{echo}: the same placeholder as on the tape"
        );
    }
}
