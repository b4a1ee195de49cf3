//! One exchange with upstream.

use std::time::Duration;

use hyper_rustls::HttpsConnectorBuilder;
use pipetape_core::causes::with_causes;
use pipetape_tape::{Fault, LiveOutcome};
use tracing::warn;

use super::answer::AnswerReader;
use super::deadline::{Deadline, Late};
use super::dial::Dial;
use super::failure::without_response;
use super::pools::Pools;
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

/// What an upstream's answer may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnswerLimits {
    /// From connecting to its last byte; waiting for room is not counted.
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
        answered.unwrap_or_else(|Late| {
            let timeout = self.timeout.as_secs();
            warn!(timeout, "upstream did not answer in time");
            LiveOutcome::Fault(Fault::Timeout)
        })
    }

    async fn send(&self, request: Outgoing, deadline: &mut Deadline) -> Result<LiveOutcome, Late> {
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
