//! Serves a tape back, the same every time.

use pipetape_serve::admin::AdminToken;
use pipetape_serve::{Reply, Request, Service};
use pipetape_tape::{Exhausted, Tape};

/// How a tape is played.
#[derive(Debug, Clone, Default)]
pub struct ReplayConfig {
    /// What follows when every recorded answer to a request has been given.
    pub exhausted: Exhausted,
    /// Opens the admin routes to others than this machine.
    pub admin_token: Option<AdminToken>,
}

/// A tape being played: one service for any number of connections.
#[derive(Debug)]
pub struct Replay {}

/// What was played, over all sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplaySummary {
    /// Requests answered from the tape, or with an empty poll.
    pub served: u64,
    /// Requests that nothing on the tape answered.
    pub missed: u64,
    /// Exchanges that no session has played.
    pub unplayed: u64,
}

impl Replay {
    /// Prepares a tape.
    pub fn new(tape: Tape, config: ReplayConfig) -> Replay {
        let _ = (tape, config);
        unimplemented!()
    }

    /// What was played so far.
    pub fn summary(&self) -> ReplaySummary {
        unimplemented!()
    }
}

impl Service for Replay {
    async fn call(&self, _request: Request) -> Reply {
        unimplemented!()
    }
}
