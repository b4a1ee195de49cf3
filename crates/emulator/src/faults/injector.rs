//! Which call meets which fault.

use std::collections::BTreeMap;

use pipetape_core::Operation;
use serde::Serialize;

use super::{FaultKind, FaultRule};
use crate::seed::Seed;

/// The rules in force.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: Seed,
    rules: BTreeMap<u64, Active>,
    next: u64,
}

#[derive(Debug)]
struct Active {
    rule: FaultRule,
    /// Calls that the rule was asked about.
    met: u64,
    /// Calls that it struck.
    struck: u64,
}

/// A rule as it is shown to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FaultView {
    id: u64,
    rule: String,
    met: u64,
    struck: u64,
}

/// There are as many rules as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "there are {} fault rules, no more are taken: delete some first",
    Faults::MOST
)]
pub(crate) struct TooManyRules;

impl Faults {
    const MOST: usize = 1_000;

    pub(crate) fn new(seed: Seed, rules: Vec<FaultRule>) -> Faults {
        let mut faults = Faults {
            seed,
            rules: BTreeMap::new(),
            next: 1,
        };
        faults.put_in_force(rules);
        faults
    }

    /// Adds rules, all or none.
    pub(crate) fn add(&mut self, rules: Vec<FaultRule>) -> Result<Vec<FaultView>, TooManyRules> {
        if self.rules.len() + rules.len() > Faults::MOST {
            return Err(TooManyRules);
        }
        let first = self.put_in_force(rules);
        let added = self.rules.range(first..);
        Ok(added.map(FaultView::of).collect())
    }

    /// Gives the id of the first one.
    fn put_in_force(&mut self, rules: Vec<FaultRule>) -> u64 {
        let first = self.next;
        for rule in rules {
            let active = Active {
                rule,
                met: 0,
                struck: 0,
            };
            self.rules.insert(self.next, active);
            self.next += 1;
        }
        first
    }

    /// Takes a rule out of force; whether there was one.
    pub(crate) fn delete(&mut self, id: u64) -> bool {
        self.rules.remove(&id).is_some()
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The fault that a call of an operation meets: that of the first rule which strikes.
    pub(crate) fn strike(&mut self, operation: &Operation) -> Option<FaultKind> {
        let seed = self.seed;
        self.rules.iter_mut().find_map(|(id, active)| {
            let rule = &active.rule;
            let meant = rule
                .operation
                .as_ref()
                .is_none_or(|meant| meant == operation);
            let used_up = rule.count.is_some_and(|count| active.struck >= count);
            if !meant || used_up || !rule.kind.fits(operation) {
                return None;
            }
            active.met += 1;
            let chance = || seed.fraction(&format!("fault {id}"), active.met);
            if rule
                .probability
                .is_some_and(|probability| chance() >= probability)
            {
                return None;
            }
            active.struck += 1;
            Some(rule.kind)
        })
    }

    pub(crate) fn views(&self) -> Vec<FaultView> {
        self.rules.iter().map(FaultView::of).collect()
    }
}

impl FaultView {
    fn of((id, active): (&u64, &Active)) -> FaultView {
        FaultView {
            id: *id,
            rule: active.rule.to_string(),
            met: active.met,
            struck: active.struck,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(seed: u64, rules: &[&str]) -> Faults {
        let rules = rules.iter().map(|rule| rule.parse().unwrap());
        Faults::new(Seed(seed), rules.collect())
    }

    #[test]
    fn a_count_is_used_up_by_the_operation_it_is_for() {
        let mut faults = faults(0, &["AcknowledgeJob:throttle:count=2", "*:500:count=1"]);
        let mut strike = |operation| faults.strike(&operation);
        assert_eq!(
            strike(Operation::PollForJobs),
            Some(FaultKind::InternalFailure)
        );
        assert_eq!(strike(Operation::PollForJobs), None);
        assert_eq!(strike(Operation::AcknowledgeJob), Some(FaultKind::Throttle));
        assert_eq!(strike(Operation::AcknowledgeJob), Some(FaultKind::Throttle));
        assert_eq!(strike(Operation::AcknowledgeJob), None);
    }

    #[test]
    fn a_fault_for_any_operation_strikes_those_it_fits() {
        let mut faults = faults(0, &["*:InvalidNonce"]);
        assert_eq!(faults.strike(&Operation::PollForJobs), None);
        assert_eq!(faults.strike(&Operation::PutJobSuccessResult), None);
        let acknowledge = faults.strike(&Operation::AcknowledgeThirdPartyJob);
        assert_eq!(acknowledge, Some(FaultKind::InvalidNonce));
    }

    #[test]
    fn chance_comes_from_the_seed() {
        let run = |seed: u64| {
            let mut faults = faults(seed, &["*:500:probability=0.3"]);
            let calls = (0..1_000).map(|_| faults.strike(&Operation::PollForJobs).is_some());
            calls.collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        let struck = run(1).iter().filter(|struck| **struck).count();
        assert!((250..350).contains(&struck), "{struck}");
    }

    #[test]
    fn other_operations_do_not_change_whom_a_rule_strikes() {
        let run = |between: usize| {
            let mut faults = faults(1, &["PollForJobs:500:probability=0.5"]);
            let mut struck = Vec::new();
            for _ in 0..50 {
                for _ in 0..between {
                    assert_eq!(faults.strike(&Operation::AcknowledgeJob), None);
                }
                struck.push(faults.strike(&Operation::PollForJobs).is_some());
            }
            struck
        };
        assert_eq!(run(0), run(3));
    }

    #[test]
    fn always_and_never() {
        let mut always = faults(3, &["*:500:probability=1"]);
        let mut never = faults(3, &["*:500:probability=0"]);
        for _ in 0..100 {
            assert!(always.strike(&Operation::PollForJobs).is_some());
            assert!(never.strike(&Operation::PollForJobs).is_none());
        }
    }
}
