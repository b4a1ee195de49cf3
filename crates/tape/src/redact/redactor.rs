//! Redaction of whole messages by one tape's rules.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::body::{Findings, Walk};
use super::known::KnownSecrets;
use super::placeholder::Placeholders;
use super::text::{Accounts, TextRules};
use crate::pointer::Pointer;
use crate::rules::{RedactConfig, Rules};

/// Most configuration keys remembered for the summary.
const MOST_CONFIG_KEYS: usize = 1000;
/// Most passes over one body: a secret found in the last place may stand in the first as well.
const MOST_PASSES: usize = 3;

/// Replaces secrets by a tape's own rules, the same at record time and at match time.
///
/// Redaction is idempotent, and the same secret always becomes the same placeholder. A redactor that
/// records also remembers each secret it has seen and finds it again in any other text; one that
/// replays remembers nothing between messages, so that an answer never depends on what came before.
///
/// ```
/// use pipetape_tape::{Redactor, Rules};
///
/// let redactor = Redactor::for_replay(&Rules::default());
/// let body = redactor.request_body(br#"{"jobId":"f","clientToken":"open sesame"}"#);
/// assert!(body.starts_with(br#"{"jobId":"f","clientToken":"REDACTED-"#));
/// assert_eq!(redactor.request_body(&body), body);
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
    Kept(Box<Mutex<Seen>>),
}

#[derive(Debug, Default)]
struct Seen {
    secrets: KnownSecrets,
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
            placeholders: Placeholders::new(rules.salt.clone()),
            redact: rules.redact.clone(),
            config: rules.redact_config,
            keep_account_ids: rules.keep_account_ids,
            memory,
        }
    }

    /// A request's body, redacted.
    pub fn request_body<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        self.body(body)
    }

    /// A response's body, redacted.
    pub fn response_body<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        self.body(body)
    }

    /// A header's value or another text, redacted.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let accounts = if self.keep_account_ids {
            Accounts::Kept
        } else {
            Accounts::Anywhere
        };
        let mut found = Vec::new();
        let replaced = self.with_known(|known| {
            let rules = TextRules {
                placeholders: &self.placeholders,
                known,
                accounts,
            };
            rules.apply(text.as_bytes(), |secret, placeholder| {
                found.push((secret.to_vec(), placeholder.to_owned()))
            })
        });
        self.remember(Findings {
            secrets: found,
            kept_config: Vec::new(),
        });
        match replaced {
            // Placeholders and the stretches between them are cut at ASCII bytes, so this loses nothing.
            Some(replaced) => Cow::Owned(String::from_utf8_lossy(&replaced).into_owned()),
            None => Cow::Borrowed(text),
        }
    }

    /// Has these texts replaced wherever they turn up. Only a redactor that records remembers them.
    pub fn know_secrets(&self, secrets: &[&str]) {
        if let Memory::Kept(seen) = &self.memory {
            let mut seen = lock(seen);
            for secret in secrets {
                seen.secrets.add(
                    secret.as_bytes(),
                    &self.placeholders.secret(secret.as_bytes()),
                );
            }
        }
    }

    /// The configuration keys whose value was kept in clear so far, sorted; at most 1,000.
    pub fn kept_config(&self) -> Vec<String> {
        match &self.memory {
            Memory::None => Vec::new(),
            Memory::Kept(seen) => lock(seen).kept_config.iter().cloned().collect(),
        }
    }

    fn body<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        let mut redacted = Cow::Borrowed(body);
        // What one pass finds in this body alone, a redactor without memory has to know in the next.
        let mut local = KnownSecrets::default();
        for _ in 0..MOST_PASSES {
            let mut findings = Findings::default();
            let replaced = match &self.memory {
                Memory::None => self.walk(&local).body(&redacted, &mut findings),
                Memory::Kept(seen) => self
                    .walk(&lock(seen).secrets)
                    .body(&redacted, &mut findings),
            };
            let is_new = match &self.memory {
                Memory::None => add_all(&mut local, &findings),
                Memory::Kept(_) => self.remember(findings),
            };
            redacted = match replaced {
                Some(replaced) => Cow::Owned(replaced),
                None => redacted,
            };
            if !is_new {
                break;
            }
        }
        redacted
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

    fn with_known<T>(&self, work: impl FnOnce(&KnownSecrets) -> T) -> T {
        match &self.memory {
            Memory::None => work(&KnownSecrets::default()),
            Memory::Kept(seen) => work(&lock(seen).secrets),
        }
    }

    /// Says whether a secret is new.
    fn remember(&self, findings: Findings) -> bool {
        let Memory::Kept(seen) = &self.memory else {
            return false;
        };
        let mut seen = lock(seen);
        for key in findings.kept_config.iter() {
            if seen.kept_config.len() < MOST_CONFIG_KEYS {
                seen.kept_config.insert(key.clone());
            }
        }
        add_all(&mut seen.secrets, &findings)
    }
}

fn add_all(known: &mut KnownSecrets, findings: &Findings) -> bool {
    findings
        .secrets
        .iter()
        .fold(false, |is_new, (secret, placeholder)| {
            known.add(secret, placeholder) | is_new
        })
}

/// What a panicking thread left behind is whole: each change is one call.
fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        let once = redactor.response_body(body.as_bytes()).into_owned();
        assert_eq!(redactor.response_body(&once), once, "idempotent");
        assert_eq!(
            Redactor::for_recording(rules).response_body(body.as_bytes()),
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
    fn a_recorder_remembers_and_lists() {
        let redactor = Redactor::for_recording(&rules());
        redactor.know_secrets(&["my-own-secret-key"]);
        let job = redactor.response_body(JOB.as_bytes()).into_owned();
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

    proptest! {
        #[test]
        fn redaction_is_idempotent_and_total(
            pieces in proptest::collection::vec(prop_oneof![
                Just("{".to_owned()), Just("}".to_owned()), Just("[".to_owned()), Just("]".to_owned()),
                Just(",".to_owned()), Just(":".to_owned()), Just("\"".to_owned()), Just("\\".to_owned()),
                Just("\"clientToken\"".to_owned()), Just("\"configuration\"".to_owned()), Just("\"password\"".to_owned()),
                Just("123456789012".to_owned()), Just("AKIAIOSFODNN7EXAMPLE".to_owned()), Just("arn:aws:iam::".to_owned()),
                Just("\"hunter2-hunter2\"".to_owned()), Just("hunter2-hunter2".to_owned()), Just("clientToken=".to_owned()),
                Just(" ".to_owned()), Just("7".to_owned()), Just("REDACTED-".to_owned()), "\\PC{0,3}",
            ], 0..24)
        ) {
            let body = pieces.concat();
            let redactor = Redactor::for_replay(&rules());
            let once = redactor.request_body(body.as_bytes()).into_owned();
            let twice = redactor.request_body(&once).into_owned();
            prop_assert_eq!(String::from_utf8_lossy(&twice), String::from_utf8_lossy(&once));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Redactor::for_replay(&rules()).request_body(&bytes);
        }
    }
}
