//! What counts when two requests are compared.

use pipetape_core::Operation;

use super::canonical::{Canonical, canonical};
use crate::pointer::Pointer;

/// How much of a job operation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum MatchBy {
    /// All of it.
    #[default]
    Exact,
    /// The job's id with its nonce or client token. Polls, operations that are about no job, and
    /// requests without a `jobId` count as a whole.
    Identity,
}

/// The members of a job operation that say which job it is about, and by which right; sorted.
const IDENTITY: [&[u8]; 3] = [b"clientToken", b"jobId", b"nonce"];

/// What counts when two requests are compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Criteria {
    /// Members that do not count.
    pub(crate) ignore: Vec<Pointer>,
    pub(crate) by: MatchBy,
}

impl Criteria {
    /// Reads a redacted body, as [`canonical`] does, down to what counts.
    pub(crate) fn canonical<'a>(
        &self,
        operation: &Operation,
        redacted_body: &'a [u8],
    ) -> Option<Canonical<'a>> {
        let mut body = canonical(redacted_body, &self.ignore)?;
        if self.by == MatchBy::Identity
            && operation.is_job_operation()
            && !operation.is_poll()
            && let Canonical::Object(members) = &mut body
            && members.iter().any(|(name, _)| name.as_ref() == b"jobId")
        {
            members.retain(|(name, _)| IDENTITY.contains(&name.as_ref()));
        }
        Some(body)
    }

    /// Whether anything is left out at all.
    pub(crate) fn are_loose(&self) -> bool {
        self.by != MatchBy::Exact || !self.ignore.is_empty()
    }

    /// Whether two bodies that match would not match if everything counted.
    pub(crate) fn loosened(&self, recorded: &[u8], got: &[u8]) -> bool {
        if recorded == got {
            return false;
        }
        match (canonical(recorded, &[]), canonical(got, &[])) {
            (Some(recorded), Some(got)) => recorded != got,
            // A body without one meaning counts by its bytes.
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the two match, and whether only loosely.
    fn check(operation: &Operation, criteria: &Criteria, one: &str, other: &str) -> (bool, bool) {
        let read = |body| criteria.canonical(operation, str::as_bytes(body));
        let matches = read(one) == read(other);
        (
            matches,
            matches && criteria.loosened(one.as_bytes(), other.as_bytes()),
        )
    }

    #[test]
    fn a_job_counts_by_its_identity() {
        let identity = Criteria {
            by: MatchBy::Identity,
            ..Criteria::default()
        };
        let exact = Criteria::default();
        let of = |name: &str| Operation::from_name(name).unwrap();
        for (name, one, other, loosely) in [
            (
                "PutJobFailureResult",
                r#"{"jobId":"a","failureDetails":{"message":"1"}}"#,
                r#"{"jobId":"a","failureDetails":{"message":"2"}}"#,
                true,
            ),
            (
                "PutJobSuccessResult",
                r#"{"jobId":"a"}"#,
                r#"{"jobId":"a","executionDetails":{"externalExecutionId":"7"}}"#,
                true,
            ),
            (
                "PutJobSuccessResult",
                r#"{"jobId":"a"}"#,
                r#"{"jobId":"b"}"#,
                false,
            ),
            (
                "AcknowledgeJob",
                r#"{"jobId":"a","nonce":"1"}"#,
                r#"{"jobId":"a","nonce":"2"}"#,
                false,
            ),
            (
                "GetThirdPartyJobDetails",
                r#"{"jobId":"a","clientToken":"1"}"#,
                r#"{"jobId":"a","clientToken":"2"}"#,
                false,
            ),
            // No job to go by.
            ("PutJobSuccessResult", r#"{"a":1}"#, r#"{"a":2}"#, false),
            ("PutJobSuccessResult", "[1]", "[2]", false),
            (
                "PollForJobs",
                r#"{"jobId":"a","x":1}"#,
                r#"{"jobId":"a","x":2}"#,
                false,
            ),
            (
                "GetPipeline",
                r#"{"jobId":"a","x":1}"#,
                r#"{"jobId":"a","x":2}"#,
                false,
            ),
        ] {
            let operation = of(name);
            assert_eq!(
                check(&operation, &identity, one, other),
                (loosely, loosely),
                "{one} {other}"
            );
            assert_eq!(
                check(&operation, &exact, one, other),
                (false, false),
                "{one} {other}"
            );
            let spaced = one.replace(':', " : ");
            assert!(!check(&operation, &identity, one, &spaced).1, "{one}");
        }
    }

    #[test]
    fn an_ignored_member_loosens_only_where_it_differs() {
        let criteria = Criteria {
            ignore: vec!["/a".parse().unwrap()],
            ..Criteria::default()
        };
        for (one, other, expected) in [
            (r#"{"a":1,"b":2}"#, r#"{"b":2.0,"a":1}"#, (true, false)),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":3}"#, (true, true)),
            (r#"{"b":2}"#, r#"{"b":2,"a":{"x":1,"x":2}}"#, (true, true)),
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"b":3}"#, (false, false)),
        ] {
            let found = check(&Operation::GetJobDetails, &criteria, one, other);
            assert_eq!(found, expected, "{one} {other}");
        }
    }
}
