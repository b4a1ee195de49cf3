//! A replay inside a Rust test.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use pipetape_serve::{BindError, DateHeader, Limits, Listener};
use pipetape_tape::{Findings, MissCount, SessionName, Unplayed};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::replay::{Replay, ReplaySummary};

/// Most misses and unplayed exchanges named in a panic.
const MOST_NAMED: usize = 20;

/// A replay that is being served on a port of its own, until it is stopped or dropped.
#[derive(Debug)]
#[must_use = "it stops when it is dropped"]
pub struct RunningReplay {
    replay: Arc<Replay>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

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
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
        let address = listener.local_addr();
        let replay = Arc::new(self);
        let (stop, stopped) = oneshot::channel();
        let service = Arc::clone(&replay);
        let serving = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            // An old date would shift an SDK's clock, so none is added.
            listener
                .serve(service, Limits::default(), DateHeader::AsGiven, stopped)
                .await;
        });
        Ok(RunningReplay {
            replay,
            address,
            stop,
            serving,
        })
    }
}

impl RunningReplay {
    /// The endpoint URL of the session `default`, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The endpoint URL of a session: a play-through of its own.
    pub fn session_url(&self, session: &SessionName) -> String {
        format!("{}/session/{session}/", self.url())
    }

    /// What was played so far, over all sessions.
    pub fn summary(&self) -> ReplaySummary {
        self.replay.summary()
    }

    /// The first 1,000 different misses, and how often each came.
    pub fn misses(&self) -> Vec<MissCount> {
        self.replay.player().misses().0
    }

    /// What the requests so far say about the worker: see [`Player::findings`](pipetape_tape::Player::findings). They are
    /// warnings: [`assert_all_played`](RunningReplay::assert_all_played) asks nothing of them.
    pub fn findings(&self) -> Findings {
        self.replay.findings()
    }

    /// The exchanges that no session has played.
    pub fn unplayed(&self) -> Vec<Unplayed> {
        self.replay.player().unplayed(None, usize::MAX).0
    }

    /// Checks that every request was answered and that every exchange was played, by whatever session.
    ///
    /// # Panics
    ///
    /// A request missed, or an exchange was left; says which.
    #[track_caller]
    pub fn assert_all_played(&self) {
        let ReplaySummary {
            missed, unplayed, ..
        } = self.summary();
        if (missed, unplayed) == (0, 0) {
            return;
        }
        let misses = self.misses();
        let misses = misses.iter().map(|one| one.miss.message.clone());
        let left = self.unplayed().into_iter();
        let left = left.map(|one| format!("unplayed: exchange {}, {}", one.seq, one.operation));
        let told = misses.chain(left).take(MOST_NAMED);
        let told = told.map(|line| format!("\n- {line}"));
        let told: String = told.collect();
        panic!("{missed} requests missed, {unplayed} exchanges were not played:{told}");
    }

    /// Stops: what is in flight gets [`Limits::drain`] to finish.
    pub async fn stop(mut self) {
        let (gone, _) = oneshot::channel();
        let _ = std::mem::replace(&mut self.stop, gone).send(());
        // It ends by itself; only a panic of ours could be told, and that was logged.
        let _ = (&mut self.serving).await;
    }
}

/// Connections are cut.
impl Drop for RunningReplay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
