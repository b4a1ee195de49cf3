//! Which requests are one call.

use std::hash::{DefaultHasher, Hasher};
use std::num::NonZeroU64;

use http::HeaderMap;
use pipetape_core::Operation;
use pipetape_core::headers::INVOCATION_ID;

use super::step::Act;

/// A hash of a call's `amz-sdk-invocation-id`: requests that share it are attempts at one call.
/// Retries of a client that sends none look like calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Invocation(NonZeroU64);

impl Invocation {
    /// Reads it from a request that has one. Only for results: nothing else is distinguished from
    /// its retries.
    pub fn of(operation: &Operation, headers: &HeaderMap) -> Option<Invocation> {
        if Act::of(operation) != Some(Act::Result) {
            return None;
        }
        let id = headers.get(INVOCATION_ID)?;
        let mut hash = DefaultHasher::new();
        hash.write(id.as_bytes());
        NonZeroU64::new(hash.finish() | 1).map(Invocation)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn attempts_at_a_result_share_it() {
        let of = |operation: Operation, id: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(id) = id {
                headers.insert(INVOCATION_ID, HeaderValue::from_static(id));
            }
            Invocation::of(&operation, &headers)
        };
        let result = || Operation::PutJobSuccessResult;
        assert!(of(result(), Some("a")).is_some());
        assert_eq!(of(result(), Some("a")), of(result(), Some("a")));
        assert_ne!(of(result(), Some("a")), of(result(), Some("b")));
        assert_eq!(of(result(), None), None);
        assert_eq!(of(Operation::AcknowledgeJob, Some("a")), None);
    }
}
