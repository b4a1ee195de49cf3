//! A replay inside a Rust test.

use pipetape_serve::{BindError, DateHeader, Running};
use pipetape_tape::{Findings, MissCount, PlaySummary, SessionName, Unplayed};

use crate::replay::Replay;

/// Most misses and unplayed exchanges named in a panic.
const MOST_NAMED: usize = 20;

/// A replay that is being served on a port of its own, until it is stopped or dropped.
#[derive(Debug)]
#[must_use = "it stops when it is dropped"]
pub struct RunningReplay(Running<Replay>);

impl Replay {
    /// Serves it on a free port of 127.0.0.1, in a task of the current tokio runtime. A client that blocks its thread
    /// needs a runtime with more than one.
    ///
    /// # Errors
    ///
    /// The system has no port to give.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn start(self) -> Result<RunningReplay, BindError> {
        // An old date would shift an SDK's clock, so none is added.
        Running::start(self, DateHeader::AsGiven)
            .await
            .map(RunningReplay)
    }
}

impl RunningReplay {
    /// The endpoint URL of the session `default`, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// A play-through of its own, with its own endpoint URL.
    pub fn session(&self, name: SessionName) -> RunningSession<'_> {
        RunningSession { replay: self, name }
    }

    /// What was played so far, over all sessions.
    pub fn summary(&self) -> PlaySummary {
        self.0.service().summary()
    }

    /// The first 1,000 different misses, and how often each came.
    pub fn misses(&self) -> Vec<MissCount> {
        self.0.service().player().misses().0
    }

    /// What the requests so far say about the worker: see [`Player::findings`](pipetape_tape::Player::findings). They are
    /// warnings: [`assert_all_played`](RunningReplay::assert_all_played) asks nothing of them.
    pub fn findings(&self) -> Findings {
        self.0.service().findings()
    }

    /// The exchanges that no session has played.
    pub fn unplayed(&self) -> Vec<Unplayed> {
        self.0.service().player().unplayed(None, usize::MAX).0
    }

    /// Checks that every request was answered and that every exchange was played, by whatever session.
    ///
    /// # Panics
    ///
    /// A request missed, or an exchange was left; says which.
    #[track_caller]
    pub fn assert_all_played(&self) {
        assert_none(self.summary().missed, &self.misses(), &self.unplayed());
    }

    /// Stops: what is in flight gets [`Limits::drain`](pipetape_serve::Limits::drain) to finish.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

/// One session of a [`RunningReplay`]: tests that run side by side share a replay, and never each other's place on the
/// tape.
#[derive(Debug, Clone)]
pub struct RunningSession<'a> {
    replay: &'a RunningReplay,
    name: SessionName,
}

impl RunningSession<'_> {
    /// Its endpoint URL, such as `http://127.0.0.1:40123/session/one/`.
    pub fn url(&self) -> String {
        format!("{}/session/{}/", self.replay.url(), self.name)
    }

    /// Its misses, of the first 1,000 different ones of all sessions, and how often each came.
    pub fn misses(&self) -> Vec<MissCount> {
        let mut misses = self.replay.misses();
        misses.retain(|one| one.miss.session == self.name.as_str());
        misses
    }

    /// The exchanges that it has not played.
    pub fn unplayed(&self) -> Vec<Unplayed> {
        let player = self.replay.0.service().player();
        player.unplayed(Some(&self.name), usize::MAX).0
    }

    /// Checks that every request of this session was answered and that it played every exchange.
    ///
    /// # Panics
    ///
    /// A request missed, or an exchange was left; says which.
    #[track_caller]
    pub fn assert_all_played(&self) {
        let misses = self.misses();
        let listed: u64 = misses.iter().map(|one| one.count).sum();
        // What is not listed may have been its own.
        let (_, unlisted) = self.replay.0.service().player().misses();
        assert_none(listed + unlisted, &misses, &self.unplayed());
    }
}

#[track_caller]
fn assert_none(missed: u64, misses: &[MissCount], unplayed: &[Unplayed]) {
    if missed == 0 && unplayed.is_empty() {
        return;
    }
    let misses = misses.iter().map(|one| one.miss.message.clone());
    let left = unplayed.iter();
    let left = left.map(|one| format!("unplayed: exchange {}, {}", one.seq, one.operation));
    let told = misses.chain(left).take(MOST_NAMED);
    let told: String = told.map(|line| format!("\n- {line}")).collect();
    let unplayed = unplayed.len();
    panic!("{missed} requests missed, {unplayed} exchanges were not played:{told}");
}
