//! One set of credentials for all requests.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use pipetape_core::Region;
use pipetape_tape::Redactor;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::{info, warn};

use super::chain::CredentialSource;
use super::no_credentials::NoCredentials;
use crate::cause::with_causes;

/// How long before they expire credentials are renewed, in the background. AWS's own SDKs use 5 minutes.
const AHEAD: Duration = Duration::from_secs(5 * 60);
/// How long before they expire credentials are no longer used: a signed request is some time on its way.
const MARGIN: Duration = Duration::from_secs(10);
/// Least time between two renewals in the background: they may fail, or bring credentials that last no longer.
const PAUSE: Duration = Duration::from_secs(30);

/// Finds credentials when they are first asked for and renews them before they expire, one search at a time.
///
/// A failure is told to all who waited for that search; whoever comes later searches anew.
pub(crate) struct CredentialsCache<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    source: S,
    found: RwLock<Option<Credentials>>,
    /// Held by the one search; guards how the last one ended.
    search: Arc<Mutex<Option<Ended>>>,
    redactor: Arc<Redactor>,
}

struct Ended {
    at: Instant,
    failure: Option<Arc<NoCredentials>>,
}

/// How good credentials are.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Fresh,
    /// Usable, to be renewed.
    Ageing,
    Expired,
}

impl<S: CredentialSource> CredentialsCache<S> {
    /// An empty cache. `redactor` knows what is secret in credentials before anybody can use them.
    pub(crate) fn new(source: S, redactor: Arc<Redactor>) -> CredentialsCache<S> {
        CredentialsCache {
            shared: Arc::new(Shared {
                source,
                found: RwLock::new(None),
                search: Arc::new(Mutex::new(None)),
                redactor,
            }),
        }
    }

    /// Credentials that hold for the moment. Waits for a search only where there are none.
    pub(crate) async fn credentials(
        &self,
        region: &Region,
    ) -> Result<Credentials, Arc<NoCredentials>> {
        let asked = Instant::now();
        match self.shared.kept() {
            Some((credentials, State::Fresh)) => return Ok(credentials),
            Some((credentials, State::Ageing)) => {
                self.renew_in_background(region);
                return Ok(credentials);
            }
            Some((_, State::Expired)) | None => {}
        }
        let search = Arc::clone(&self.shared.search).lock_owned().await;
        // While we waited another request may have searched.
        if let Some((credentials, State::Fresh | State::Ageing)) = self.shared.kept() {
            return Ok(credentials);
        }
        let last = search.as_ref().filter(|last| last.at >= asked);
        match last.and_then(|last| last.failure.clone()) {
            Some(failure) => Err(failure),
            None => self.shared.search(region, search).await,
        }
    }

    fn renew_in_background(&self, region: &Region) {
        let Ok(search) = Arc::clone(&self.shared.search).try_lock_owned() else {
            return;
        };
        if search
            .as_ref()
            .is_some_and(|last| last.at.elapsed() < PAUSE)
        {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let region = region.clone();
        tokio::spawn(async move {
            if let Err(error) = shared.search(&region, search).await {
                warn!(
                    error = with_causes(error.as_ref()),
                    "cannot renew credentials, the old ones hold for now"
                );
            }
        });
    }
}

impl<S: CredentialSource> Shared<S> {
    fn kept(&self) -> Option<(Credentials, State)> {
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
        let credentials = found.as_ref()?;
        Some((credentials.clone(), state(credentials, SystemTime::now())))
    }

    async fn search(
        &self,
        region: &Region,
        mut search: OwnedMutexGuard<Option<Ended>>,
    ) -> Result<Credentials, Arc<NoCredentials>> {
        let found = self.source.find(region).await.map_err(Arc::new);
        *search = Some(Ended {
            at: Instant::now(),
            failure: found.as_ref().err().cloned(),
        });
        let found = found?;
        info!(expiry = ?found.expiry(), "found credentials");
        let secrets = [Some(found.secret_access_key()), found.session_token()];
        let secrets: Vec<&str> = secrets.into_iter().flatten().collect();
        self.redactor.know_secrets(&secrets);
        let mut kept = self.found.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(found.clone());
        Ok(found)
    }
}

fn state(credentials: &Credentials, now: SystemTime) -> State {
    let Some(expiry) = credentials.expiry() else {
        return State::Fresh;
    };
    let left = expiry.duration_since(now).unwrap_or_default();
    if left > AHEAD {
        State::Fresh
    } else if left > MARGIN {
        State::Ageing
    } else {
        State::Expired
    }
}

impl<S> fmt::Debug for CredentialsCache<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialsCache").finish_non_exhaustive()
    }
}
