//! The connections to upstream that are kept open, apart for each runtime.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::runtime::{Handle, Id};

use super::dial::Dial;

/// Shorter than the idle time of AWS's front ends, so that a connection is rarely closed under a request.
const POOL_IDLE: Duration = Duration::from_secs(12);
/// What is read at once, and the bound on the head of an answer, in bytes.
const READ_BUFFER: usize = 64 * 1024;

/// An HTTP client and its connections.
pub(super) type Pool = Client<HttpsConnector<Dial>, Full<Bytes>>;

/// A pool for each runtime that serves: a connection is driven by the runtime that it was made on, and a request that
/// another one sends on it waits for both.
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

    /// That of the runtime that this is called on.
    pub(super) fn of_this_runtime(&self) -> Arc<Pool> {
        let runtime = Handle::current().id();
        // Whole whatever happened to the thread that held it.
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = made.iter().find(|(id, _)| *id == runtime) {
            return Arc::clone(pool);
        }
        drop(made);
        // Only this runtime makes its own, so none is made twice but by a runtime of several threads, for which either
        // is good.
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
    use hyper_rustls::HttpsConnectorBuilder;

    use super::{
        super::roots::{Trust, tls},
        *,
    };
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
