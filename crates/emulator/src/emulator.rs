//! The emulator as a whole, and how it is set up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pipetape_core::Region;
use pipetape_core::shapes::{AccountId, JobId};
use pipetape_serve::admin::{AdminGuard, AdminToken, WithAdmin};
use pipetape_serve::intercept::{NoTunnels, WithInterception};
use pipetape_serve::{Reply, Request, Service};
use rustls::ServerConfig;

use crate::account::{Account, EnqueueError, JobView, Times};
use crate::admin::Routes;
use crate::auth::Auth;
use crate::clock::Clock;
use crate::definition::{JobDefinition, MadeUp};
use crate::faults::{FaultRule, Faults};
use crate::front::Front;
use crate::guesses::{Guesses, Texts};
use crate::seed::Seed;
use crate::tally::{EmulatorSummary, Tally};

/// How an emulator is set up. The default is an account without faults.
#[derive(Debug, Clone)]
pub struct EmulatorConfig {
    /// How long a job that was handed out stays hidden from other polls. If nobody
    /// acknowledges it by then, polls can have it again. 30 seconds by default.
    pub visibility: Duration,
    /// How long an acknowledged job may be in progress before it is `TimedOut`. Without one, the
    /// limit of its action holds ([`Guesses::action_timeout`]).
    pub job_timeout: Option<Duration>,
    /// How long a job that continues another stays `Created`. None by default; AWS waits for
    /// about 30 seconds in a similar case.
    pub continuation_delay: Duration,
    /// How much of a caller's signature is checked.
    pub auth: Auth,
    /// The account whose pipelines the jobs belong to.
    pub account_id: AccountId,
    /// The region that the emulator is in.
    pub region: Region,
    /// Which calls go wrong from the start. More can be added while it runs.
    pub faults: Vec<FaultRule>,
    /// What everything made up, and every chance, comes from.
    pub seed: u64,
    /// Opens the admin routes to clients on other machines.
    pub admin_token: Option<AdminToken>,
    /// What is only guessed of the service.
    pub options: Guesses,
    /// The emulator's clock.
    pub clock: Clock,
}

impl Default for EmulatorConfig {
    #[expect(
        clippy::expect_used,
        reason = "twelve digits, and a region of the table"
    )]
    fn default() -> EmulatorConfig {
        EmulatorConfig {
            visibility: Duration::from_secs(30),
            job_timeout: None,
            continuation_delay: Duration::ZERO,
            auth: Auth::Off,
            account_id: AccountId::new("111122223333").expect("twelve digits"),
            region: Region::new("us-east-1").expect("a region"),
            faults: Vec::new(),
            seed: 0,
            admin_token: None,
            options: Guesses::default(),
            clock: Clock::system(),
        }
    }
}

/// A local CodePipeline job service: one value for any number of connections.
///
/// Rust tests can also enqueue jobs, read their histories and move the clock.
#[derive(Debug)]
pub struct Emulator {
    shared: Arc<Shared>,
    service: WithInterception<WithAdmin<Front, Routes>, NoTunnels>,
}

/// What the service, the admin routes and the methods below share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) auth: Auth,
    pub(crate) region: Region,
    pub(crate) texts: Texts,
    pub(crate) seed: Seed,
    account: Mutex<Account>,
    faults: Mutex<Faults>,
    tally: Mutex<Tally>,
    requests: AtomicU64,
}

impl Emulator {
    /// Makes an emulator with these jobs.
    ///
    /// # Errors
    ///
    /// Two jobs have one id, or there are more jobs than it keeps.
    pub fn new(config: EmulatorConfig, jobs: Vec<JobDefinition>) -> Result<Emulator, EnqueueError> {
        let seed = Seed(config.seed);
        let made_up = MadeUp {
            seed,
            account_id: config.account_id,
            region: config.region.clone(),
        };
        let times = Times {
            visibility: config.visibility,
            job_timeout: config.job_timeout,
            continuation_delay: config.continuation_delay,
        };
        let texts = config.options.texts.clone();
        let mut account = Account::new(made_up, times, config.options, config.clock.now());
        account.enqueue_all(jobs)?;
        let shared = Arc::new(Shared {
            clock: config.clock,
            auth: config.auth,
            region: config.region,
            texts,
            seed,
            account: Mutex::new(account),
            faults: Mutex::new(Faults::new(seed, config.faults)),
            tally: Mutex::default(),
            requests: AtomicU64::new(0),
        });
        let front = Front {
            shared: Arc::clone(&shared),
        };
        let routes = Routes {
            shared: Arc::clone(&shared),
        };
        let service = WithAdmin::new(front, AdminGuard::new(config.admin_token), routes);
        Ok(Emulator {
            service: WithInterception::new(service, NoTunnels),
            shared,
        })
    }

    /// Is CodePipeline's own hosts too, as an HTTPS proxy on the same port, with certificates that `tls` shows.
    /// Nobody is connected to any other host.
    pub fn intercepting(self, tls: Arc<ServerConfig>) -> Emulator {
        Emulator {
            service: self.service.intercepting(tls),
            shared: self.shared,
        }
    }

    /// Makes a job.
    ///
    /// # Errors
    ///
    /// Its id is taken, or there are too many jobs.
    pub fn enqueue(&self, job: JobDefinition) -> Result<JobId, EnqueueError> {
        self.shared.account().enqueue(job)
    }

    /// A job with its history.
    pub fn job(&self, id: &JobId) -> Option<JobView> {
        self.shared.account().job(id.as_str())
    }

    /// Every job that is kept, in order of creation, without histories.
    pub fn jobs(&self) -> Vec<JobView> {
        self.shared.account().jobs()
    }

    /// What it did so far, in numbers.
    pub fn summary(&self) -> EmulatorSummary {
        self.shared.summary()
    }

    /// Its clock, which can be moved.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }
}

impl Service for Emulator {
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send {
        self.service.call(request)
    }
}

impl Shared {
    /// The account as it is now.
    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        let mut account = unpoisoned(&self.account);
        account.settle(self.clock.now());
        account
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        unpoisoned(&self.faults)
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        unpoisoned(&self.tally)
    }

    pub(crate) fn summary(&self) -> EmulatorSummary {
        let jobs = self.account().count();
        let tally = self.tally();
        EmulatorSummary {
            jobs,
            calls: tally.calls(),
            faults: tally.faults(),
        }
    }

    /// Another request's id.
    pub(crate) fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        self.seed.uuid("request", number)
    }
}

/// A call that panics must not take the others with it.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
