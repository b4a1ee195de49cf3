//! A warning where a client signs for another region than the one that it is recorded in.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use pipetape_core::Region;
use tracing::warn;

/// Clients choose regions: what is remembered of them is bounded.
const MOST: usize = 16;

/// Tells each difference once, not once a request.
#[derive(Debug, Default)]
pub(crate) struct RegionDifferences {
    told: Mutex<BTreeSet<Region>>,
}

impl RegionDifferences {
    /// Looks at one request: `ours` was asked for with `--region`, `theirs` is what the client signed for.
    pub(crate) fn look(&self, ours: &Region, theirs: &Region) {
        if ours == theirs {
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST && told.insert(theirs.clone()) {
            warn!(
                client = %theirs,
                region = %ours,
                "the client signs for another region than --region: its requests go to the latter"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use pipetape_testkit::Log;

    use super::*;

    #[test]
    fn each_region_is_told_once_and_not_without_end() {
        let (log, guard) = Log::capture("warn");
        let differences = RegionDifferences::default();
        let ours = "us-east-1".parse().unwrap();
        for theirs in ["us-east-1", "eu-west-1", "eu-west-1", "cn-north-1"] {
            differences.look(&ours, &theirs.parse().unwrap());
        }
        assert_eq!(log.text().matches("signs for another").count(), 2);
        for number in 0..100 {
            differences.look(&ours, &format!("eu-west-{number}").parse().unwrap());
        }
        drop(guard);
        let text = log.text();
        assert_eq!(text.matches("signs for another").count(), MOST, "{text}");
    }
}
