//! The match key: a hash over operation and canonical body.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU32;

use pipetape_core::Operation;
use sha2::{Digest, Sha256};

use super::canonical::{Canonical, canonical};
use super::criteria::Criteria;
use crate::pointer::Pointer;

/// What makes two requests the same: equal keys, equal requests.
///
/// Operation and redacted body count, nothing else: no header, signature, date, host, region or
/// path. The body counts by its meaning: member order, spacing, escapes and number forms do not
/// matter, a null member is an absent one, and the `created` of a revision counts in whole seconds.
/// A body that is not JSON, or has duplicate members, counts by its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchKey([u8; 16]);

impl MatchKey {
    /// The key of a request. `redacted_body` has passed the tape's [`Redactor`](crate::Redactor);
    /// `ignore` names members that do not count.
    ///
    /// ```
    /// use pipetape_core::Operation;
    /// use pipetape_tape::MatchKey;
    ///
    /// let operation = Operation::from_target("CodePipeline_20150709.AcknowledgeJob")?;
    /// let python = br#"{"jobId": "f", "nonce": "\u0033"}"#;
    /// let node = br#"{"nonce":"3","jobId":"f"}"#;
    /// assert_eq!(MatchKey::of(&operation, python, &[]), MatchKey::of(&operation, node, &[]));
    /// # Ok::<(), pipetape_core::TargetError>(())
    /// ```
    pub fn of(operation: &Operation, redacted_body: &[u8], ignore: &[Pointer]) -> MatchKey {
        let body = canonical(redacted_body, ignore);
        MatchKey::of_canonical(operation, body.as_ref(), redacted_body)
    }

    /// The key where not everything counts.
    pub(crate) fn by(criteria: &Criteria, operation: &Operation, redacted_body: &[u8]) -> MatchKey {
        let body = criteria.canonical(operation, redacted_body);
        MatchKey::of_canonical(operation, body.as_ref(), redacted_body)
    }

    fn of_canonical(
        operation: &Operation,
        body: Option<&Canonical<'_>>,
        redacted_body: &[u8],
    ) -> MatchKey {
        let mut hash = Sha256::new();
        text(&mut hash, b'O', operation.name().as_bytes());
        match body {
            Some(body) => value(&mut hash, body),
            None => text(&mut hash, b'R', redacted_body),
        }
        let whole = hash.finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&whole[..16]);
        MatchKey(key)
    }
}

/// A key is a hash already: half of it is plenty for a table.
impl Hash for MatchKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut half = [0; 8];
        half.copy_from_slice(&self.0[..8]);
        state.write_u64(u64::from_le_bytes(half));
    }
}

/// What an index keeps of a request, found in one pass over its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) key: MatchKey,
    pub(crate) job: Option<JobTag>,
}

/// 31 bits of a hash of the job that a request is about, the same within one process. Requests
/// about one job have the same tag, and requests with the same tag are nearly always about one job:
/// enough to find the closest exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JobTag(NonZeroU32);

impl Fingerprint {
    /// The key as [`MatchKey::by`] gives it, and the job.
    pub(crate) fn of(
        criteria: &Criteria,
        operation: &Operation,
        redacted_body: &[u8],
    ) -> Fingerprint {
        let body = criteria.canonical(operation, redacted_body);
        Fingerprint {
            key: MatchKey::of_canonical(operation, body.as_ref(), redacted_body),
            job: body.as_ref().and_then(JobTag::of),
        }
    }
}

impl JobTag {
    /// The tag of a body's `jobId`; `None` if it names none.
    pub(crate) fn of(body: &Canonical<'_>) -> Option<JobTag> {
        let Canonical::Object(members) = body else {
            return None;
        };
        let at = members
            .binary_search_by(|(name, _)| name.as_ref().cmp(b"jobId"))
            .ok()?;
        let Canonical::String(id) = &members[at].1 else {
            return None;
        };
        let mut hash = DefaultHasher::new();
        hash.write(id);
        NonZeroU32::new(hash.finish() as u32 | 1).map(JobTag)
    }
}

impl fmt::Debug for MatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MatchKey(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// Each value begins with a tag and, where its end is not plain, its length: no two values run
/// together.
fn value(hash: &mut Sha256, body: &Canonical<'_>) {
    match body {
        Canonical::Null => hash.update(b"0"),
        Canonical::Bool(false) => hash.update(b"F"),
        Canonical::Bool(true) => hash.update(b"T"),
        Canonical::Number(number) => text(hash, b'N', number.as_bytes()),
        Canonical::String(bytes) => text(hash, b'S', bytes),
        Canonical::Array(items) => {
            count(hash, b'[', items.len());
            items.iter().for_each(|item| value(hash, item));
        }
        Canonical::Object(members) => {
            count(hash, b'{', members.len());
            for (name, member) in members {
                text(hash, b'M', name);
                value(hash, member);
            }
        }
    }
}

fn text(hash: &mut Sha256, tag: u8, bytes: &[u8]) {
    count(hash, tag, bytes.len());
    hash.update(bytes);
}

fn count(hash: &mut Sha256, tag: u8, count: usize) {
    let mut head = [0; 9];
    head[0] = tag;
    head[1..].copy_from_slice(&(count as u64).to_be_bytes());
    hash.update(head);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, body: &str) -> MatchKey {
        MatchKey::of(&Operation::from_name(name).unwrap(), body.as_bytes(), &[])
    }

    #[test]
    fn meaning_counts() {
        for (one, other) in [
            (
                r#"{"a":1,"b":"x"}"#,
                " { \"b\" : \"\\u0078\" , \"a\" : 1.0e0 } ",
            ),
            (r#"{"a":null}"#, "{}"),
            (r#"{"m":{"b":[1,2],"a":null}}"#, r#"{"m":{"b":[1.0,2]}}"#),
            (
                r#"{"currentRevision":{"created":1433961000.5}}"#,
                r#"{"currentRevision":{"created":1433961000}}"#,
            ),
            (
                r#"{"actionRevision":{"created":1.9e1}}"#,
                r#"{"actionRevision":{"created":19}}"#,
            ),
            (r#""\ud83d\ude00""#, "\"😀\""),
        ] {
            assert_eq!(
                key("PollForJobs", one),
                key("PollForJobs", other),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn differences_count() {
        for (one, other) in [
            (r#"{"a":1}"#, r#"{"a":"1"}"#),
            (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
            (r#"{"a":[null]}"#, r#"{"a":[]}"#),
            (r#"{"a":{}}"#, r#"{}"#),
            (r#"{"a":""}"#, r#"{"a":null}"#),
            (r#"{"created":1.5}"#, r#"{"created":1}"#),
            (r#"{"a":"\ud800"}"#, r#"{"a":"\ud801"}"#),
            // Not one meaning: bytes.
            (r#"{"a":1,"a":1}"#, r#"{"a":1}"#),
            (r#"{"a":1,"a":1}"#, r#"{"a":1, "a":1}"#),
            ("{", "{ "),
            ("", "{}"),
            (r#"["ab"]"#, r#"["a","b"]"#),
        ] {
            assert_ne!(
                key("PollForJobs", one),
                key("PollForJobs", other),
                "{one} {other}"
            );
        }
        assert_ne!(key("GetJobDetails", "{}"), key("PutJobSuccessResult", "{}"));
        assert_ne!(key("Future", "{}"), key("future", "{}"));
    }

    #[test]
    fn a_fingerprint_is_the_key_and_the_job() {
        let of = |body: &str| {
            Fingerprint::of(
                &Criteria::default(),
                &Operation::GetJobDetails,
                body.as_bytes(),
            )
        };
        let one = of(r#"{"jobId":"a\u0062","nonce":"1"}"#);
        assert_eq!(
            one.key,
            key("GetJobDetails", r#"{"nonce":"1","jobId":"ab"}"#)
        );
        assert_eq!(one.job, of(r#"{"jobId":"ab","zero":0}"#).job);
        assert_ne!(one.job, of(r#"{"jobId":"abc"}"#).job);
        for none in [r#"{"jobId":7}"#, r#"{"job":{"jobId":"ab"}}"#, "[]", "{", ""] {
            assert_eq!(of(none).job, None, "{none}");
            assert_eq!(of(none).key, key("GetJobDetails", none));
        }
    }

    #[test]
    fn ignored_members_do_not_count() {
        let ignore = ["/a".parse().unwrap(), "/l/*/x".parse().unwrap()];
        let operation = Operation::from_name("PollForJobs").unwrap();
        let of = |body: &str| MatchKey::of(&operation, body.as_bytes(), &ignore);
        assert_eq!(
            of(r#"{"a":1,"l":[{"x":1,"y":2}]}"#),
            of(r#"{"l":[{"x":[],"y":2}]}"#)
        );
        assert_ne!(of(r#"{"b":{"a":1}}"#), of(r#"{"b":{"a":2}}"#));
    }
}
