//! The service, put together.

use std::path::Path;
use std::sync::Arc;

use pipetape_serve::admin::{AdminGuard, AdminToken, WithAdmin};
use pipetape_serve::intercept::{NoTunnels, WithInterception};
use pipetape_serve::{Reply, Request, Service};
use pipetape_tape::{Findings, PlaySummary, Player, PlayerConfig, Tape, TapeFileError};
use rustls::ServerConfig;

use crate::admin::Routes;
use crate::playback::Playback;
use crate::report::Report;

/// A tape being played: one service for any number of connections.
#[derive(Debug)]
pub struct Replay {
    player: Arc<Player>,
    admin_token: Option<AdminToken>,
    tls: Option<Arc<ServerConfig>>,
    service: WithInterception<WithAdmin<Playback, Routes>, NoTunnels>,
}

impl Replay {
    /// Plays a tape that is in memory.
    pub fn new(tape: Tape, config: PlayerConfig) -> Self {
        Self::of(Player::new(tape, config))
    }

    /// Plays a tape file as [`PlayerConfig::default`] says. For anything else, and for tapes of a store,
    /// open a [`Player`] and serve it: see [`of`](Self::of).
    ///
    /// # Errors
    ///
    /// It can't be read, or is not a tape.
    pub fn open(file: impl AsRef<Path>) -> Result<Self, TapeFileError> {
        let player = Player::open_file(file, PlayerConfig::default())?;
        Ok(Self::of(player))
    }

    /// Serves a player.
    pub fn of(player: Player) -> Self {
        Self::with(Arc::new(player), None, None)
    }

    /// Opens the admin routes to clients on other machines that send this token.
    pub fn admin_token(self, token: AdminToken) -> Self {
        Self::with(self.player, Some(token), self.tls)
    }

    /// Plays CodePipeline's own hosts too, as an HTTPS proxy on the same port, with certificates that `tls` shows.
    /// Nobody is connected to any other host.
    pub fn intercepting(self, tls: Arc<ServerConfig>) -> Self {
        Self::with(self.player, self.admin_token, Some(tls))
    }

    fn with(
        player: Arc<Player>,
        admin_token: Option<AdminToken>,
        tls: Option<Arc<ServerConfig>>,
    ) -> Self {
        let service = WithAdmin::new(
            Playback::new(Arc::clone(&player)),
            AdminGuard::new(admin_token.clone()),
            Routes::new(Arc::clone(&player)),
        );
        let service = WithInterception::new(service, NoTunnels);
        Self {
            service: match &tls {
                Some(tls) => service.intercepting(Arc::clone(tls)),
                None => service,
            },
            player,
            admin_token,
            tls,
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
        Report::of(&self.player)
    }

    /// What was played so far.
    pub fn summary(&self) -> PlaySummary {
        self.player.summary()
    }
}

impl Service for Replay {
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send {
        self.service.call(request)
    }
}
