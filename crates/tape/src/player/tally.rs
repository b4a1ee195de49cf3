//! Counters by operation.

use std::sync::atomic::{AtomicU64, Ordering};

use pipetape_core::Operation;

/// All known operations, then the unknown ones together, then none at all.
const COUNTERS: usize = Operation::ALL.len() + 2;

/// One counter for each operation.
#[derive(Debug)]
pub(super) struct ByOperation([AtomicU64; COUNTERS]);

impl ByOperation {
    pub(super) fn new() -> ByOperation {
        ByOperation(std::array::from_fn(|_| AtomicU64::new(0)))
    }

    pub(super) fn add(&self, operation: Option<&Operation>) {
        let at = match operation {
            // `ALL` is in the type's own order.
            Some(known) => Operation::ALL.binary_search(known).unwrap_or(COUNTERS - 2),
            None => COUNTERS - 1,
        };
        self.0[at].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn total(&self) -> u64 {
        self.0
            .iter()
            .map(|counter| counter.load(Ordering::Relaxed))
            .sum()
    }

    /// Names and counts, without the zeros.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        let names = Operation::ALL.iter().map(Operation::name);
        names
            .chain(["other", "none"])
            .zip(&self.0)
            .map(|(name, counter)| (name, counter.load(Ordering::Relaxed)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_its_counter() {
        let counters = ByOperation::new();
        for operation in Operation::ALL {
            counters.add(Some(operation));
        }
        for name in ["Future", "future"] {
            counters.add(Some(&Operation::from_name(name).unwrap()));
        }
        counters.add(None);
        assert_eq!(counters.total(), 47);
        let counts = counters.counts();
        assert_eq!(counts.len(), COUNTERS);
        assert!(counts[..44].iter().all(|(_, count)| *count == 1));
        assert_eq!(counts[44..], [("other", 2), ("none", 1)]);
    }
}
