//! What a recording has done so far, counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pipetape_core::Operation;
use pipetape_serve::metrics::{Kind, Metrics};
use pipetape_tape::Fault;
use tokio::sync::watch;

/// Counters of one recording.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    recorded: AtomicU64,
    unrecorded: AtomicU64,
    refused: AtomicU64,
    incomplete: AtomicBool,
    /// Forwarded requests of whose exchange it is not known yet what becomes of it.
    open: watch::Sender<u64>,
    detail: Mutex<Detail>,
}

/// Under one lock: each exchange touches it once.
#[derive(Debug, Default)]
struct Detail {
    operations: BTreeMap<&'static str, u64>,
    faults: BTreeMap<&'static str, u64>,
    refusals: BTreeMap<&'static str, u64>,
}

/// Clients choose the names of unknown operations; one label for all keeps the page bounded.
const UNKNOWN: &str = "unknown";

impl Tally {
    /// A request is forwarded.
    pub(crate) fn opened(&self) {
        self.open.send_modify(|open| *open += 1);
    }

    /// It is counted what became of a forwarded request's exchange.
    pub(crate) fn closed(&self) {
        self.open.send_modify(|open| *open -= 1);
    }

    /// Waits until it is counted what became of each exchange.
    pub(crate) async fn settled(&self) {
        // It ends early only without a sender, which `self` is.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// An exchange is durable.
    pub(crate) fn recorded(&self, operation: &Operation, fault: Option<Fault>) {
        self.recorded.fetch_add(1, Ordering::Relaxed);
        let mut detail = self.detail();
        *detail.operations.entry(label(operation)).or_default() += 1;
        if let Some(fault) = fault {
            *detail.faults.entry(fault.kind()).or_default() += 1;
        }
    }

    /// A request was forwarded, and its exchange is lost. Says whether this is the first one.
    pub(crate) fn unrecorded(&self) -> bool {
        self.unrecorded.fetch_add(1, Ordering::Relaxed);
        !self.incomplete.swap(true, Ordering::AcqRel)
    }

    /// A request was refused.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        *self.detail().refusals.entry(reason).or_default() += 1;
    }

    /// Exchanges that are durable.
    pub(crate) fn total_recorded(&self) -> u64 {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Exchanges that are lost.
    pub(crate) fn total_unrecorded(&self) -> u64 {
        self.unrecorded.load(Ordering::Relaxed)
    }

    /// Requests refused.
    pub(crate) fn total_refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether an exchange was lost.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.incomplete.load(Ordering::Acquire)
    }

    /// The page of `GET metrics`.
    pub(crate) fn metrics(&self) -> String {
        let detail = self.detail();
        let mut page = Metrics::new();
        let mut recorded = page.family(
            "pipetape_recorded_total",
            Kind::Counter,
            "Exchanges durable on the tape.",
        );
        for (operation, count) in &detail.operations {
            recorded.sample(&[("operation", operation)], *count);
        }
        page.family(
            "pipetape_unrecorded_total",
            Kind::Counter,
            "Exchanges forwarded and lost to the tape.",
        )
        .sample(&[], self.total_unrecorded());
        let mut refused = page.family(
            "pipetape_refused_total",
            Kind::Counter,
            "Requests not forwarded.",
        );
        for (reason, count) in &detail.refusals {
            refused.sample(&[("reason", reason)], *count);
        }
        let mut faults = page.family(
            "pipetape_faults_total",
            Kind::Counter,
            "Recorded exchanges in which upstream failed.",
        );
        for (kind, count) in &detail.faults {
            faults.sample(&[("kind", kind)], *count);
        }
        page.into_text()
    }

    /// Counters are whole whatever happened to the thread that held them.
    fn detail(&self) -> MutexGuard<'_, Detail> {
        self.detail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn label(operation: &Operation) -> &'static str {
    let known = Operation::ALL.iter().find(|known| *known == operation);
    known.map_or(UNKNOWN, |known| known.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_operations_reasons_and_faults() {
        let tally = Tally::default();
        tally.recorded(&Operation::PollForJobs, None);
        tally.recorded(&Operation::PollForJobs, Some(Fault::Timeout));
        for name in ["One", "Two"] {
            tally.recorded(&Operation::Unknown(name.into()), None);
        }
        tally.refused("foreign_host");
        assert!(tally.unrecorded());
        assert!(!tally.unrecorded());
        let page = tally.metrics();
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            samples,
            [
                "pipetape_recorded_total{operation=\"PollForJobs\"} 2",
                "pipetape_recorded_total{operation=\"unknown\"} 2",
                "pipetape_unrecorded_total 2",
                "pipetape_refused_total{reason=\"foreign_host\"} 1",
                "pipetape_faults_total{kind=\"timeout\"} 1",
            ]
        );
    }
}
