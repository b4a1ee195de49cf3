//! What a recording has done so far, counted: for its summary and its admin routes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;
use pipetape_core::Operation;
use pipetape_core::causes::with_causes;
use pipetape_serve::admin::{AdminReply, AdminRequest, AdminRoutes};
use pipetape_serve::metrics::{CONTENT_TYPE, Kind, Metrics};
use pipetape_tape::{AppendError, Fault};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tracing::error;

/// Counters of one recording.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    recorded: AtomicU64,
    unrecorded: AtomicU64,
    refused: AtomicU64,
    incomplete: AtomicBool,
    /// Forwarded requests whose exchange is neither recorded nor lost yet.
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

    /// The exchange of a forwarded request is counted as recorded or lost.
    pub(crate) fn closed(&self) {
        self.open.send_modify(|open| *open -= 1);
    }

    /// Waits until each exchange is counted as recorded or lost.
    pub(crate) async fn settled(&self) {
        // An error needs the sender to be gone, and `self` has it.
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

    /// A request was forwarded, and its exchange is lost. Gives whether this is the first one.
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

    /// Counters are usable even if a thread panicked while it held the lock.
    fn detail(&self) -> MutexGuard<'_, Detail> {
        self.detail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn label(operation: &Operation) -> &'static str {
    let known = Operation::ALL.iter().find(|known| *known == operation);
    known.map_or(UNKNOWN, |known| known.name())
}

/// A forwarded request. It counts as open until its exchange is counted as recorded or lost; if it
/// is dropped before (a stop that cuts the call, or a panic), the exchange counts as lost.
#[derive(Debug)]
pub(crate) struct OpenExchange {
    tally: Arc<Tally>,
    is_counted: bool,
}

impl OpenExchange {
    pub(crate) fn begin(tally: &Arc<Tally>) -> OpenExchange {
        tally.opened();
        OpenExchange {
            tally: Arc::clone(tally),
            is_counted: false,
        }
    }

    /// The exchange is durable.
    pub(crate) fn recorded(mut self, operation: &Operation, fault: Option<Fault>) {
        self.is_counted = true;
        self.tally.recorded(operation, fault);
    }

    /// The exchange could not be written.
    pub(crate) fn unrecorded(mut self, error: &AppendError) {
        self.is_counted = true;
        if self.tally.unrecorded() {
            error!(
                error = with_causes(error),
                "THE TAPE IS INCOMPLETE: this exchange and all later ones are forwarded but not recorded"
            );
        }
    }
}

impl Drop for OpenExchange {
    fn drop(&mut self) {
        if !self.is_counted && self.tally.unrecorded() {
            error!("THE TAPE IS INCOMPLETE: a request was forwarded, and its exchange is lost");
        }
        self.tally.closed();
    }
}

/// `GET metrics`, and the counts in `GET health`.
#[derive(Debug)]
pub(crate) struct Routes {
    pub(crate) tally: Arc<Tally>,
}

impl AdminRoutes for Routes {
    async fn route(&self, request: AdminRequest) -> AdminReply {
        match (&request.method, request.path().as_slice()) {
            (&Method::GET, ["metrics"]) => AdminReply::text(CONTENT_TYPE, self.tally.metrics()),
            (_, ["metrics"]) => AdminReply::method_not_allowed("GET"),
            _ => AdminReply::not_found(),
        }
    }

    fn health(&self) -> Map<String, Value> {
        let mut health = Map::new();
        health.insert("recorded".to_owned(), json!(self.tally.total_recorded()));
        health.insert(
            "unrecorded".to_owned(),
            json!(self.tally.total_unrecorded()),
        );
        health.insert("refused".to_owned(), json!(self.tally.total_refused()));
        health
    }
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
