//! One set of credentials for all requests.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;
use pipetape_core::Region;
use pipetape_core::causes::with_causes;
use pipetape_tape::Redactor;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::{info, warn};

use super::chain::{CredentialSource, NoCredentials};

/// How long before they expire credentials are renewed, in the background. AWS's own SDKs use 5 minutes.
const AHEAD: Duration = Duration::from_secs(5 * 60);
/// How long before they expire credentials are no longer used: a signed request is some time on its way.
const MARGIN: Duration = Duration::from_secs(10);
/// Least time between two renewals in the background: they may fail, or bring credentials that last no longer.
const PAUSE: Duration = Duration::from_secs(30);

/// Finds credentials when they are first asked for and renews them before they expire, one search at a time.
///
/// All that wait for a search share its result; a request that comes after a failure searches
/// again.
pub(crate) struct CredentialsCache<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    source: S,
    found: RwLock<Option<Found>>,
    /// Held by the one search; guards how the last one ended.
    search: Arc<Mutex<Option<Ended>>>,
    redactor: Arc<Redactor>,
}

struct Ended {
    at: Instant,
    brought: Result<Identity, Arc<NoCredentials>>,
}

/// Credentials, and how long they are valid; `None` is without end.
struct Found {
    credentials: Identity,
    term: Option<Term>,
}

/// When credentials that expire are to be renewed, and no longer used. All of it shrinks with the
/// time that they last: some last for minutes or less.
struct Term {
    ageing: SystemTime,
    expired: SystemTime,
    pause: Duration,
}

/// Whether credentials can be used.
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

    /// Credentials that are valid now, in the signer's form. Waits for a search only if there are
    /// none.
    pub(crate) async fn credentials(
        &self,
        region: &Region,
    ) -> Result<Identity, Arc<NoCredentials>> {
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
        match search.as_ref().filter(|last| last.at >= asked) {
            Some(last) => last.brought.clone(),
            None => self.shared.search(region, search).await,
        }
    }

    fn renew_in_background(&self, region: &Region) {
        let Ok(search) = Arc::clone(&self.shared.search).try_lock_owned() else {
            return;
        };
        let pause = self.shared.pause();
        if search
            .as_ref()
            .is_some_and(|last| last.at.elapsed() < pause)
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
    fn kept(&self) -> Option<(Identity, State)> {
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
        let found = found.as_ref()?;
        Some((found.credentials.clone(), found.state(SystemTime::now())))
    }

    fn pause(&self) -> Duration {
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
        let term = found.as_ref().and_then(|found| found.term.as_ref());
        term.map_or(PAUSE, |term| term.pause)
    }

    async fn search(
        &self,
        region: &Region,
        mut search: OwnedMutexGuard<Option<Ended>>,
    ) -> Result<Identity, Arc<NoCredentials>> {
        let found = self.source.find(region).await.map_err(Arc::new);
        let brought = found.map(|found| {
            info!(expiry = ?found.expiry(), "found credentials");
            let secrets = [Some(found.secret_access_key()), found.session_token()];
            let secrets: Vec<&str> = secrets.into_iter().flatten().collect();
            self.redactor.know_secrets(&secrets);
            let found = Found::at(SystemTime::now(), found);
            let credentials = found.credentials.clone();
            let mut kept = self.found.write().unwrap_or_else(PoisonError::into_inner);
            *kept = Some(found);
            credentials
        });
        *search = Some(Ended {
            at: Instant::now(),
            brought: brought.clone(),
        });
        brought
    }
}

impl Found {
    fn at(now: SystemTime, credentials: Credentials) -> Found {
        let term = credentials.expiry().map(|expiry| Term::from(now, expiry));
        Found {
            credentials: credentials.into(),
            term,
        }
    }

    fn state(&self, now: SystemTime) -> State {
        match &self.term {
            Some(term) if now >= term.expired => State::Expired,
            Some(term) if now >= term.ageing => State::Ageing,
            _ => State::Fresh,
        }
    }
}

impl Term {
    fn from(now: SystemTime, expiry: SystemTime) -> Term {
        let lasts = expiry.duration_since(now).unwrap_or_default();
        // Neither is more than the time from now to then, so both stay within what the clock can say.
        Term {
            ageing: expiry - AHEAD.min(lasts / 2),
            expired: expiry - MARGIN.min(lasts / 10),
            pause: PAUSE.min(lasts / 10),
        }
    }
}

impl<S> fmt::Debug for CredentialsCache<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialsCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use pipetape_tape::Rules;
    use pipetape_testkit::soon;

    use super::*;
    use crate::testing::{ScriptedSource, permanent};

    fn cache(source: &ScriptedSource) -> CredentialsCache<ScriptedSource> {
        let redactor = Redactor::for_recording(&Rules::default());
        CredentialsCache::new(source.clone(), Arc::new(redactor))
    }

    async fn key(cache: &CredentialsCache<ScriptedSource>) -> Result<String, String> {
        let region = "us-east-1".parse().unwrap();
        let found = cache.credentials(&region).await;
        let found = found.map_err(|why| why.to_string());
        found.map(|found| {
            let found: &Credentials = found.data().unwrap();
            found.access_key_id().to_owned()
        })
    }

    fn lasting(key: &str, seconds: u64) -> Option<Credentials> {
        ScriptedSource::expiring(key, SystemTime::now() + Duration::from_secs(seconds))
    }

    #[tokio::test]
    async fn many_requests_share_one_search() {
        let source = ScriptedSource::held([lasting("one", 3600)]);
        let cache = cache(&source);
        let all = async {
            tokio::join!(key(&cache), key(&cache), key(&cache), async {
                source.gate.add_permits(3);
            })
        };
        let (first, second, third, ()) = soon(all).await;
        assert_eq!(
            (first, second, third),
            (Ok("one".into()), Ok("one".into()), Ok("one".into()))
        );
        assert_eq!(source.count(), 1);
    }

    #[tokio::test]
    async fn a_failure_is_shared_by_those_who_waited_and_by_no_other() {
        let source = ScriptedSource::held([None, Some(permanent())]);
        let cache = cache(&source);
        let all = async {
            tokio::join!(key(&cache), key(&cache), key(&cache), async {
                source.gate.add_permits(1);
            })
        };
        let (first, second, third, ()) = soon(all).await;
        assert!(first.is_err() && second.is_err() && third.is_err());
        assert_eq!(source.count(), 1);
        source.gate.add_permits(1);
        assert!(soon(key(&cache)).await.is_ok());
        assert_eq!(source.count(), 2);
    }

    /// As if credentials had been found `ago`.
    fn age(cache: &CredentialsCache<ScriptedSource>, ago: Duration) {
        let mut found = cache.shared.found.write().unwrap();
        let found = found.as_mut().unwrap();
        let credentials: &Credentials = found.credentials.data().unwrap();
        *found = Found::at(SystemTime::now() - ago, credentials.clone());
    }

    #[test]
    fn the_longer_credentials_last_the_earlier_they_are_renewed() {
        let now = SystemTime::now();
        let check = |lasts: u64, ageing: f64, expired: f64, pause: f64| {
            let expiry = now + Duration::from_secs(lasts);
            let term = Term::from(now, expiry);
            let before = |moment| expiry.duration_since(moment).unwrap().as_secs_f64();
            assert_eq!(
                (
                    before(term.ageing),
                    before(term.expired),
                    term.pause.as_secs_f64()
                ),
                (ageing, expired, pause),
                "{lasts} s"
            );
        };
        check(12 * 3600, 300.0, 10.0, 30.0);
        check(3600, 300.0, 10.0, 30.0);
        check(600, 300.0, 10.0, 30.0);
        check(60, 30.0, 6.0, 6.0);
        check(4, 2.0, 0.4, 0.4);
        check(0, 0.0, 0.0, 0.0);
    }

    #[tokio::test]
    async fn expired_credentials_are_replaced_before_use() {
        let source = ScriptedSource::new([lasting("one", 5), lasting("two", 3600)]);
        let cache = cache(&source);
        assert_eq!(key(&cache).await.unwrap(), "one");
        assert_eq!(key(&cache).await.unwrap(), "one");
        // Found an hour ago, its last ten seconds are too short for a request.
        age(&cache, Duration::from_secs(3600));
        assert_eq!(key(&cache).await.unwrap(), "two");
        assert_eq!(key(&cache).await.unwrap(), "two");
        assert_eq!(source.count(), 2);
    }

    /// Those that waited for a search take what it found, even if that has expired meanwhile.
    #[tokio::test]
    async fn credentials_that_come_expired_are_shared_by_those_who_waited() {
        let source = ScriptedSource::held([lasting("late", 0)]);
        let cache = cache(&source);
        let all = async {
            tokio::join!(key(&cache), key(&cache), key(&cache), async {
                source.gate.add_permits(1);
            })
        };
        let (first, second, third, ()) = soon(all).await;
        assert_eq!(
            (first, second, third),
            (Ok("late".into()), Ok("late".into()), Ok("late".into()))
        );
        assert_eq!(source.count(), 1);
    }

    #[tokio::test]
    async fn ageing_credentials_are_renewed_while_they_are_used() {
        let source = ScriptedSource::held([lasting("one", 60), lasting("two", 3600)]);
        let cache = cache(&source);
        source.gate.add_permits(1);
        assert_eq!(key(&cache).await.unwrap(), "one");
        // A search has just been; the next may come when that was a while ago.
        age(&cache, Duration::from_secs(3600));
        let earlier = Instant::now().checked_sub(PAUSE).unwrap();
        if let Some(ended) = &mut *cache.shared.search.lock().await {
            ended.at = earlier;
        }
        // The renewal hangs, and nobody waits for it.
        for _ in 0..10 {
            assert_eq!(soon(key(&cache)).await.unwrap(), "one");
            tokio::task::yield_now().await;
        }
        assert_eq!(source.count(), 2);
        source.gate.add_permits(1);
        soon(async {
            while key(&cache).await.unwrap() != "two" {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(source.count(), 2);
    }

    /// Within the pause: a source that gives out the same short-lived ones is not asked by every request.
    #[tokio::test]
    async fn ageing_credentials_are_not_renewed_at_every_request() {
        let source = ScriptedSource::new([lasting("one", 60)]);
        let cache = cache(&source);
        for _ in 0..10 {
            assert_eq!(key(&cache).await.unwrap(), "one");
            age(&cache, Duration::from_secs(3600));
            tokio::task::yield_now().await;
        }
        assert_eq!(source.count(), 1);
    }
}
