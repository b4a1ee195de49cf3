//! Which exchanges are attempts of one call: SDKs give all of them the same `amz-sdk-invocation-id`.

use std::collections::HashMap;

use pipetape_tape::Exchange;

const INVOCATION: &str = "amz-sdk-invocation-id";

/// The latest attempt of each call so far.
#[derive(Debug, Default)]
pub(super) struct Calls<'a> {
    latest: HashMap<&'a str, u64>,
}

impl<'a> Calls<'a> {
    /// Says which exchange this one tries again; to be asked for each exchange, in order.
    pub(super) fn note(&mut self, exchange: &'a Exchange) -> Option<String> {
        let headers = exchange.request.headers.as_ref()?;
        let (_, id) = headers.iter().find(|(name, _)| name == INVOCATION)?;
        let before = self.latest.insert(id, exchange.seq)?;
        Some(format!("note: the SDK tries {before} again"))
    }
}

#[cfg(test)]
mod tests {
    use pipetape_core::Operation;
    use pipetape_tape::{Fault, Outcome, RecordedRequest};

    use super::*;

    #[test]
    fn attempts_of_one_call_name_the_one_before() {
        let exchange = |seq, id: Option<&str>| Exchange {
            seq,
            after: None,
            operation: Operation::PollForJobs,
            recorded_at: None,
            latency_ms: None,
            request: RecordedRequest {
                headers: id.map(|id| vec![(INVOCATION.to_owned(), id.to_owned())]),
                body: "{}".into(),
            },
            outcome: Outcome::Fault(Fault::Reset),
        };
        let exchanges = [
            exchange(1, Some("a")),
            exchange(2, Some("b")),
            exchange(3, None),
            exchange(4, Some("a")),
            exchange(7, Some("a")),
            exchange(8, None),
        ];
        let mut calls = Calls::default();
        let notes: Vec<_> = exchanges
            .iter()
            .map(|exchange| calls.note(exchange))
            .collect();
        let again = |before| Some(format!("note: the SDK tries {before} again"));
        assert_eq!(notes, [None, None, None, again(1), again(4), None]);
    }
}
