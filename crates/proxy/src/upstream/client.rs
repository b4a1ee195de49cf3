//! One exchange with upstream: its connections, its time limit.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use pipetape_core::causes::with_causes;
use pipetape_tape::{Fault, LiveOutcome};
use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::answer::{AnswerReader, without_response};
use super::dial::Dial;
use super::roots::{RootsError, Trust, tls};
use crate::outgoing::Outgoing;

/// One address that does not answer must not use up the whole time.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Sends requests upstream and never fails: what goes wrong is an outcome.
#[derive(Debug)]
pub(crate) struct UpstreamClient {
    pools: Pools,
    timeout: Duration,
    reader: AnswerReader,
}

/// Limits on an upstream's answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnswerLimits {
    /// From connecting to its last byte; waiting for the budget is not counted.
    pub(crate) timeout: Duration,
    /// Largest body, in bytes.
    pub(crate) max_body: usize,
    /// What all large bodies may hold together, in bytes.
    pub(crate) body_budget: usize,
}

impl UpstreamClient {
    /// A client that has not connected anywhere yet.
    pub(crate) fn new(
        dial: Dial,
        trust: Trust<'_>,
        limits: AnswerLimits,
    ) -> Result<UpstreamClient, RootsError> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(trust)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(dial);
        Ok(UpstreamClient {
            pools: Pools::new(connector),
            timeout: limits.timeout,
            reader: AnswerReader::new(limits.max_body, limits.body_budget),
        })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn exchange(&self, request: Outgoing) -> LiveOutcome {
        let mut deadline = Deadline::after(self.timeout);
        let answered = self.send(request, &mut deadline).await;
        answered.unwrap_or_else(|TimedOut| {
            let timeout = self.timeout.as_secs();
            warn!(timeout, "upstream did not answer in time");
            LiveOutcome::Fault(Fault::Timeout)
        })
    }

    async fn send(
        &self,
        request: Outgoing,
        deadline: &mut Deadline,
    ) -> Result<LiveOutcome, TimedOut> {
        let pool = self.pools.of_this_runtime();
        match deadline.within(pool.request(request)).await? {
            Ok(response) => self.reader.read(response, deadline).await,
            Err(error) => {
                let fault = without_response(&error);
                warn!(
                    fault = fault.kind(),
                    error = with_causes(&error),
                    "upstream gave no answer"
                );
                Ok(LiveOutcome::Fault(fault))
            }
        }
    }
}

/// The deadline has passed.
#[derive(Debug)]
pub(super) struct TimedOut;

/// The end of an exchange's time.
#[derive(Debug)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn after(time: Duration) -> Deadline {
        Deadline(Instant::now() + time)
    }

    /// Waits for upstream.
    pub(super) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, TimedOut> {
        timeout_at(self.0, work).await.map_err(|_| TimedOut)
    }

    /// Waits for something else: its time is added to the deadline.
    pub(super) async fn put_off_by<T>(&mut self, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = work.await;
        self.0 += began.elapsed();
        done
    }
}

/// Shorter than the idle time of AWS's front ends, so that a connection is rarely closed under a request.
const POOL_IDLE: Duration = Duration::from_secs(12);
/// What is read at once, and the bound on the head of an answer, in bytes.
const READ_BUFFER: usize = 64 * 1024;

/// An HTTP client and its connections.
pub(super) type Pool = Client<HttpsConnector<Dial>, Full<Bytes>>;

/// A pool for each runtime that serves: a connection is driven by the runtime that made it, and a
/// request that another runtime sends on it waits for both.
#[derive(Debug)]
pub(super) struct Pools {
    connector: HttpsConnector<Dial>,
    made: RwLock<Vec<(Id, Arc<Pool>)>>,
}

impl Pools {
    pub(super) fn new(connector: HttpsConnector<Dial>) -> Pools {
        Pools {
            connector,
            made: RwLock::default(),
        }
    }

    /// The pool of the runtime that calls this.
    pub(super) fn of_this_runtime(&self) -> Arc<Pool> {
        let runtime = Handle::current().id();
        // Complete even if a thread panicked while it held the lock.
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = made.iter().find(|(id, _)| *id == runtime) {
            return Arc::clone(pool);
        }
        drop(made);
        // Only a runtime of several threads can make its pool twice, and either is good.
        let pool = Arc::new(self.pool());
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        made.push((runtime, Arc::clone(&pool)));
        pool
    }

    fn pool(&self) -> Pool {
        // A request that hyper hands back was never written: only such a one is sent again, on another connection.
        Client::builder(TokioExecutor::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_timer(TokioTimer::new())
            .retry_canceled_requests(true)
            // One for each connection, and hyper's own default is six times as much.
            .http1_max_buf_size(READ_BUFFER)
            .build(self.connector.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper_rustls::HttpsConnectorBuilder;

    use crate::testing::straight;

    #[test]
    fn each_runtime_has_one_of_its_own() {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(Trust::Nobody).unwrap())
            .https_or_http()
            .enable_http1()
            .wrap_connector(straight());
        let pools = Pools::new(connector);
        let of_another = || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let runtime = runtime.unwrap();
            let pool = || runtime.block_on(async { pools.of_this_runtime() });
            let first = pool();
            assert!(Arc::ptr_eq(&first, &pool()));
            (runtime, first)
        };
        let (one, other) = (of_another(), of_another());
        assert!(!Arc::ptr_eq(&one.1, &other.1));
    }
}
