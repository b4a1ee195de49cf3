//! What all connections of one server share.

use std::sync::atomic::{AtomicBool, Ordering};

use hyper::server::conn::http1;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::budget::Budget;
use crate::limits::{DateHeader, Limits};

/// hyper's own floor for its buffers.
const MIN_HEAD: usize = 8 * 1024;

/// One server: its service, its bounds, and the way to stop it.
pub(crate) struct Front<S> {
    pub(crate) service: S,
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
    pub(crate) http: http1::Builder,
    stopping: AtomicBool,
    stop: Notify,
}

impl<S> Front<S> {
    pub(crate) fn new(service: S, limits: Limits, date: DateHeader) -> Front<S> {
        let mut http = http1::Builder::new();
        http.auto_date_header(date == DateHeader::Current)
            // A client that closes its sending half still wants its answer, and one that goes away
            // must not end a call half-way: an exchange begun is an exchange kept.
            .half_close(true)
            // hyper's timeout also runs on an idle connection: ours are in `watchdog`.
            .header_read_timeout(None)
            // Also the bound on a head. Not `max_headers`: setting it moves hyper's header table to the heap.
            .max_buf_size(limits.max_head.max(MIN_HEAD));
        Front {
            budget: Budget::new(limits.body_budget),
            service,
            limits,
            http,
            stopping: AtomicBool::new(false),
            stop: Notify::new(),
        }
    }

    /// Asks every connection to finish.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.stop.notify_waiters();
    }

    /// Cheap enough to ask on every poll, unlike [`Front::stopped`].
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Wakes the task that polled it once the server stops.
    pub(crate) fn stopped(&self) -> Notified<'_> {
        self.stop.notified()
    }
}
