//! One exchange with upstream.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use pipetape_tape::{Fault, LiveOutcome};
use tokio::time::timeout;
use tracing::warn;

use super::answer;
use super::dial::Dial;
use super::failure::without_response;
use super::roots::{RootsError, Trust, tls};
use crate::outgoing::Outgoing;
use pipetape_core::causes::with_causes;

/// Shorter than the idle time of AWS's front ends, so that a connection is rarely closed under a request.
const POOL_IDLE: Duration = Duration::from_secs(12);
/// One address that does not answer must not use up the whole time.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends requests upstream and never fails: what goes wrong is an outcome.
#[derive(Debug)]
pub(crate) struct UpstreamClient {
    client: Client<HttpsConnector<Dial>, Full<Bytes>>,
    timeout: Duration,
    max_body: usize,
}

impl UpstreamClient {
    /// A client that has not connected anywhere yet.
    pub(crate) fn new(
        dial: Dial,
        trust: Trust<'_>,
        timeout: Duration,
        max_body: usize,
    ) -> Result<UpstreamClient, RootsError> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(trust)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(dial);
        // A request that hyper hands back was never written: only such a one is sent again, on another connection.
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_timer(TokioTimer::new())
            .retry_canceled_requests(true)
            .build(connector);
        Ok(UpstreamClient {
            client,
            timeout,
            max_body,
        })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn exchange(&self, request: Outgoing) -> LiveOutcome {
        let answered = timeout(self.timeout, self.send(request)).await;
        answered.unwrap_or_else(|_| {
            let timeout = self.timeout.as_secs();
            warn!(timeout, "upstream did not answer in time");
            LiveOutcome::Fault(Fault::Timeout)
        })
    }

    async fn send(&self, request: Outgoing) -> LiveOutcome {
        match self.client.request(request).await {
            Ok(response) => answer::read(response, self.max_body).await,
            Err(error) => {
                let fault = without_response(&error);
                warn!(
                    fault = fault.kind(),
                    error = with_causes(&error),
                    "upstream gave no answer"
                );
                LiveOutcome::Fault(fault)
            }
        }
    }
}
