//! What an emulator is like.

use std::time::Duration;

use pipetape_core::Region;
use pipetape_core::shapes::AccountId;
use pipetape_serve::admin::AdminToken;

use crate::auth::Auth;
use crate::clock::Clock;
use crate::faults::FaultRule;
use crate::guesses::Guesses;

/// What an emulator is like. The default is an account without a rule of its own.
#[derive(Debug, Clone)]
pub struct EmulatorConfig {
    /// How long a job that was handed out stays hidden from other polls. Nobody having acknowledged
    /// it by then, it can be had again. 30 seconds by default.
    pub visibility: Duration,
    /// How long an acknowledged job may be in progress before it is `TimedOut`. Without one, the
    /// limit of its action holds ([`Guesses::action_timeout`]).
    pub job_timeout: Option<Duration>,
    /// How long a job that goes on from a continuation token stays `Created`. None by default; AWS
    /// waits for about 30 seconds in a kin of this.
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
    /// Opens the admin routes to others than this machine.
    pub admin_token: Option<AdminToken>,
    /// What is only guessed of the service.
    pub options: Guesses,
    /// What is taken for the time.
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
