//! Outside things, in memory.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use bytes::Bytes;
use pipetape_core::Region;
use pipetape_tape::{AppendError, Exchange, NewExchange, Outcome, PendingExchange};
use tokio::sync::Semaphore;

use crate::credentials::{CredentialSource, NoCredentials};
use crate::sink::ExchangeLog;

/// AWS's published dummy pair; pipetape's own in tests.
pub(crate) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const TOKEN: &str = "FwoGZXIvYXdzEExampleSessionToken//////////wEaD";
/// With what clients sign towards pipetape.
pub(crate) const CLIENT_KEY: &str = "AKIAWORKERSOWNEXAMPL";

/// Credentials that never expire.
pub(crate) fn permanent() -> Credentials {
    Credentials::new(KEY, SECRET, None, None, "test")
}

/// A tape in memory that can be made to wait or to fail.
#[derive(Debug, Clone)]
pub(crate) struct MemoryLog {
    kept: Arc<Mutex<Vec<Exchange>>>,
    full: Arc<AtomicBool>,
    /// Each write takes a permit.
    pub(crate) gate: Arc<Semaphore>,
    /// A permit for each write that has begun.
    pub(crate) begun: Arc<Semaphore>,
}

impl MemoryLog {
    pub(crate) fn new() -> MemoryLog {
        let log = MemoryLog::held();
        log.gate.add_permits(Semaphore::MAX_PERMITS);
        log
    }

    /// Writes wait at the gate.
    pub(crate) fn held() -> MemoryLog {
        MemoryLog {
            kept: Arc::default(),
            full: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            begun: Arc::new(Semaphore::new(0)),
        }
    }

    /// From now on writes fail.
    pub(crate) fn fill_up(&self) {
        self.full.store(true, Ordering::SeqCst);
    }

    pub(crate) fn kept(&self) -> Vec<Exchange> {
        self.kept.lock().unwrap().clone()
    }

    /// The only exchange kept.
    pub(crate) fn only(&self) -> Exchange {
        let kept = self.kept();
        assert_eq!(kept.len(), 1, "exchanges kept");
        kept.into_iter().next().unwrap()
    }
}

impl ExchangeLog for MemoryLog {
    fn last_kept(&self) -> u64 {
        self.kept.lock().unwrap().len() as u64
    }

    fn enqueue(&self, mut pending: impl PendingExchange) {
        self.begun.add_permits(1);
        let exchange = pending.make();
        let log = self.clone();
        tokio::spawn(async move {
            let written = log.keep(exchange).await;
            Box::new(pending).written(written);
        });
    }
}

impl MemoryLog {
    async fn keep(self, exchange: NewExchange) -> Result<u64, AppendError> {
        self.gate.acquire().await.unwrap().forget();
        if self.full.load(Ordering::SeqCst) {
            return Err(AppendError {
                reason: "no space left on device".into(),
            });
        }
        let mut kept = self.kept.lock().unwrap();
        let seq = kept.len() as u64 + 1;
        let mut exchange = exchange.numbered(seq);
        // A tape does not keep what was received either.
        detach(&mut exchange.request.body);
        if let Outcome::Response(response) | Outcome::Cut { response, .. } = &mut exchange.outcome {
            detach(&mut response.body);
        }
        kept.push(exchange);
        Ok(seq)
    }
}

fn detach(body: &mut Bytes) {
    *body = Bytes::copy_from_slice(body);
}

/// Finds what the script says, one entry for each search; the last holds for all further ones.
#[derive(Debug, Clone)]
pub(crate) struct ScriptedSource {
    script: Arc<Mutex<VecDeque<Option<Credentials>>>>,
    pub(crate) searches: Arc<AtomicUsize>,
    /// Each search takes a permit.
    pub(crate) gate: Arc<Semaphore>,
}

impl ScriptedSource {
    pub(crate) fn new(script: impl IntoIterator<Item = Option<Credentials>>) -> ScriptedSource {
        let source = ScriptedSource::held(script);
        source.gate.add_permits(Semaphore::MAX_PERMITS);
        source
    }

    /// Searches wait at the gate.
    pub(crate) fn held(script: impl IntoIterator<Item = Option<Credentials>>) -> ScriptedSource {
        ScriptedSource {
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            searches: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    /// Credentials that expire then.
    pub(crate) fn expiring(key: &str, expiry: SystemTime) -> Option<Credentials> {
        Some(Credentials::new(key, SECRET, None, Some(expiry), "test"))
    }

    pub(crate) fn count(&self) -> usize {
        self.searches.load(Ordering::SeqCst)
    }
}

impl CredentialSource for ScriptedSource {
    async fn find(&self, _region: &Region) -> Result<Credentials, NoCredentials> {
        self.searches.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        let mut script = self.script.lock().unwrap();
        let found = if script.len() > 1 {
            script.pop_front().unwrap()
        } else {
            script.front().cloned().expect("a script")
        };
        found.ok_or_else(|| NoCredentials::Chain {
            profile: "scripted".to_owned(),
            source: CredentialsError::not_loaded("nothing scripted"),
        })
    }
}
