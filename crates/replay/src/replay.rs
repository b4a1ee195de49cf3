//! The service, put together.

use std::path::Path;
use std::sync::Arc;

use pipetape_core::Operation;
use pipetape_serve::admin::{AdminGuard, AdminToken, WithAdmin};
use pipetape_serve::intercept::{NoTunnels, WithInterception};
use pipetape_serve::{Reply, Request, Service};
use pipetape_tape::{
    Exhausted, Findings, Latency, MatchBy, Order, Player, PlayerConfig, Pointer, Tape,
    TapeFileError,
};
use rustls::ServerConfig;
use serde::Serialize;

use crate::admin::Routes;
use crate::playback::Playback;
use crate::report::Report;

/// How a tape is played.
#[derive(Debug, Clone, Default)]
pub struct ReplayConfig {
    /// What follows when every recorded answer to a request has been given.
    pub exhausted: Exhausted,
    /// The same for single operations. The first one that names an operation counts.
    pub exhausted_by: Vec<(Operation, Exhausted)>,
    /// In which order requests are answered.
    pub order: Order,
    /// How much of a job operation counts when matching.
    pub match_by: MatchBy,
    /// Members of requests that do not count when matching, beside those of the tape's rules.
    pub ignore: Vec<Pointer>,
    /// Whether recorded polls that brought no job are passed over.
    pub skip_empty_polls: bool,
    /// How long answers wait.
    pub latency: Latency,
    /// Opens the admin routes to others than this machine.
    pub admin_token: Option<AdminToken>,
}

/// A tape being played: one service for any number of connections.
#[derive(Debug)]
pub struct Replay {
    player: Arc<Player>,
    service: WithInterception<WithAdmin<Playback, Routes>, NoTunnels>,
}

/// What was played, over all sessions, since the start. No reset lowers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ReplaySummary {
    /// Requests answered from the tape, or with an empty poll.
    pub served: u64,
    /// Requests that nothing on the tape answered.
    pub missed: u64,
    /// Exchanges that no session has played.
    pub unplayed: u64,
    /// Answered requests that matched only because something did not count: an ignored member, or all but a
    /// job's identity.
    pub loosened: u64,
}

impl Replay {
    /// Prepares a tape.
    pub fn new(tape: Tape, config: ReplayConfig) -> Replay {
        let player = Player::new(tape, config.player());
        Replay::of(player, config.admin_token)
    }

    /// Prepares a tape file.
    ///
    /// # Errors
    ///
    /// It can't be read, or is no tape.
    pub fn open(file: impl AsRef<Path>) -> Result<Replay, TapeFileError> {
        Replay::open_with(file, ReplayConfig::default())
    }

    /// Prepares a tape file, to be played so.
    ///
    /// # Errors
    ///
    /// As of [`open`](Replay::open).
    pub fn open_with(
        file: impl AsRef<Path>,
        config: ReplayConfig,
    ) -> Result<Replay, TapeFileError> {
        let player = Player::open(file.as_ref(), &config.player())?;
        Ok(Replay::of(player, config.admin_token))
    }

    /// Serves a player. For tapes too large to be in memory as a [`Tape`]: see
    /// [`PlayerBuilder`](pipetape_tape::PlayerBuilder), which takes exchanges one by one.
    pub fn of(player: Player, admin_token: Option<AdminToken>) -> Replay {
        let player = Arc::new(player);
        let service = WithAdmin::new(
            Playback::new(Arc::clone(&player)),
            AdminGuard::new(admin_token),
            Routes::new(Arc::clone(&player)),
        );
        Replay {
            service: WithInterception::new(service, NoTunnels),
            player,
        }
    }

    /// Plays CodePipeline's own hosts too, as an HTTPS proxy on the same port, with certificates that `tls` shows.
    /// Nobody is connected to any other host.
    pub fn intercepting(self, tls: Arc<ServerConfig>) -> Replay {
        Replay {
            service: self.service.intercepting(tls),
            player: self.player,
        }
    }

    pub(crate) fn player(&self) -> &Player {
        &self.player
    }

    /// What the requests so far say about the worker: see [`Player::findings`].
    pub fn findings(&self) -> Findings {
        self.player.findings()
    }

    /// What was played so far, session by session.
    pub fn report(&self) -> Report {
        Report::of(&self.player, self.summary())
    }

    /// What was played so far.
    pub fn summary(&self) -> ReplaySummary {
        let summary = self.player.summary();
        ReplaySummary {
            served: summary.served,
            missed: summary.missed,
            unplayed: summary.unplayed,
            loosened: summary.loosened,
        }
    }
}

impl ReplayConfig {
    /// The part that decides what is played.
    pub fn player(&self) -> PlayerConfig {
        PlayerConfig {
            exhausted: self.exhausted,
            exhausted_by: self.exhausted_by.clone(),
            order: self.order,
            match_by: self.match_by,
            ignore: self.ignore.clone(),
            skip_empty_polls: self.skip_empty_polls,
            latency: self.latency,
        }
    }
}

impl Service for Replay {
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send {
        self.service.call(request)
    }
}
