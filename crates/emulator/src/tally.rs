//! Counts of what was called and what went wrong.

use std::collections::BTreeMap;
use std::fmt;

use pipetape_core::Operation;
use pipetape_core::shapes::JobStatus;
use pipetape_serve::metrics::{Kind, Metrics};

use crate::faults::FaultKind;

/// Counts of calls and faults.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// By operation (`-` if there was none) and outcome.
    calls: BTreeMap<(String, String), u64>,
    /// By kind.
    faults: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts a call. Both labels come from bounded sets: the service's operations, and `ok`, `reset`
    /// or the codes that the emulator answers with.
    pub(crate) fn call(&mut self, operation: Option<&Operation>, outcome: &str) {
        let operation = operation.map_or("-", Operation::name).to_owned();
        *self
            .calls
            .entry((operation, outcome.to_owned()))
            .or_default() += 1;
    }

    pub(crate) fn fault(&mut self, kind: FaultKind) {
        let text = kind.to_string();
        let name = text.split('=').next().unwrap_or_default().to_owned();
        *self.faults.entry(name).or_default() += 1;
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.values().sum()
    }

    pub(crate) fn faults(&self) -> u64 {
        self.faults.values().sum()
    }

    /// The page of `GET metrics`.
    pub(crate) fn metrics(&self, jobs: &BTreeMap<JobStatus, usize>) -> String {
        let mut metrics = Metrics::new();
        let help = "Calls, by operation and what they were answered.";
        let mut family = metrics.family("pipetape_calls_total", Kind::Counter, help);
        for ((operation, outcome), count) in &self.calls {
            family.sample(&[("operation", operation), ("outcome", outcome)], *count);
        }
        let help = "Faults injected on demand, by kind.";
        let mut family = metrics.family("pipetape_faults_total", Kind::Counter, help);
        for (kind, count) in &self.faults {
            family.sample(&[("kind", kind)], *count);
        }
        let mut family = metrics.family("pipetape_jobs", Kind::Gauge, "Jobs, by status.");
        for (status, count) in jobs {
            let count = u64::try_from(*count).unwrap_or(u64::MAX);
            family.sample(&[("status", status.name())], count);
        }
        metrics.into_text()
    }
}

/// What an emulator did, in numbers. `Display` is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmulatorSummary {
    /// How many jobs have each status. Every status is there.
    pub jobs: BTreeMap<JobStatus, usize>,
    /// Calls answered, refused ones included.
    pub calls: u64,
    /// Faults injected.
    pub faults: u64,
}

impl fmt::Display for EmulatorSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = self.jobs.iter().filter(|(_, count)| **count > 0);
        let some: Vec<_> = some
            .map(|(status, count)| format!("{count} {status}"))
            .collect();
        let counted = |count: u64, thing: &str| match count {
            1 => format!("1 {thing}"),
            count => format!("{count} {thing}s"),
        };
        let jobs: usize = self.jobs.values().sum();
        f.write_str(&counted(u64::try_from(jobs).unwrap_or(u64::MAX), "job"))?;
        if !some.is_empty() {
            write!(f, " ({})", some.join(", "))?;
        }
        write!(
            f,
            ", {}, {} injected",
            counted(self.calls, "call"),
            counted(self.faults, "fault")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_line() {
        let mut summary = EmulatorSummary {
            jobs: BTreeMap::from([(JobStatus::Queued, 0)]),
            calls: 0,
            faults: 1,
        };
        insta::assert_snapshot!(summary, @"0 jobs, 0 calls, 1 fault injected");
        summary.jobs = BTreeMap::from([(JobStatus::Queued, 1), (JobStatus::Failed, 2)]);
        summary.calls = 7;
        insta::assert_snapshot!(summary, @"3 jobs (1 Queued, 2 Failed), 7 calls, 1 fault injected");
    }
}
