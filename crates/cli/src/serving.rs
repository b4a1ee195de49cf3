//! What `record`, `replay` and `emulate` have in common: they check, listen, start a command, serve
//! and stop.

use std::future::{Future, pending};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use pipetape_core::Region;
use pipetape_serve::{DateHeader, Listener, Service, WorkerRuntimes};
use rustls::ServerConfig;
use tokio::runtime;
use tokio::sync::oneshot;
use tracing::{info, warn};

use crate::arguments::ServingArguments;
use crate::failure::{Failure, SystemError};
use crate::interception::Interception;
use crate::process::{Signals, UserUmask};
use crate::terminal::{self, say};
use crate::wrapped::{CommandEnv, Credentials, Wrapped, look_up};

/// What was asked for, checked: an address that may be used, and a command that exists.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    arguments: &'a ServingArguments,
    address: SocketAddr,
    umask: &'a UserUmask,
}

/// A server that listens, and does not answer yet.
#[derive(Debug)]
pub(crate) struct Server<'a> {
    arguments: &'a ServingArguments,
    listener: Listener,
    interception: Option<Interception>,
    umask: &'a UserUmask,
}

impl<'a> Setup<'a> {
    /// Checks what can be checked before anything is created.
    pub(crate) fn check(
        arguments: &'a ServingArguments,
        umask: &'a UserUmask,
    ) -> Result<Self, Failure> {
        let address = arguments.address()?;
        if let Some(program) = arguments.command.first() {
            look_up(program)?;
        }
        Ok(Self {
            arguments,
            address,
            umask,
        })
    }

    /// Opens the authority if interception is asked for, and listens.
    pub(crate) async fn listen(self) -> Result<Server<'a>, Failure> {
        let interception = Interception::begin(self.arguments)?;
        Ok(Server {
            arguments: self.arguments,
            listener: Listener::bind(self.address).await?,
            interception,
            umask: self.umask,
        })
    }
}

impl Server<'_> {
    /// Spreads connections over more threads.
    pub(crate) fn on(mut self, workers: WorkerRuntimes) -> Self {
        self.listener = self.listener.on(workers);
        self
    }

    /// The address it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// With `--intercept`: TLS as CodePipeline's hosts.
    pub(crate) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.interception.as_ref().map(Interception::tls)
    }

    /// Catches signals from here on.
    pub(crate) fn catch_signals(&self) -> Result<Signals, SystemError> {
        Signals::install(!self.arguments.command.is_empty())
    }

    /// Says where the server listens, and starts the command if there is one. `region` is for a
    /// command that has none.
    ///
    /// The line goes to stdout, or to stderr if stdout belongs to a command.
    pub(crate) fn announce(
        &self,
        region: Option<&Region>,
        credentials: Credentials<'_>,
    ) -> Result<Option<Wrapped>, Failure> {
        let line = listening_line(self.address());
        let Some((program, arguments)) = self.arguments.command.split_first() else {
            let mut out = io::stdout().lock();
            if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
                // The caller may know the port without this line.
                warn!(%error, "cannot say on stdout where the server listens");
            }
            return Ok(None);
        };
        say(&line);
        let env = CommandEnv {
            address: self.address(),
            region,
            credentials,
            interception: self.interception.as_ref().and_then(Interception::trust),
        };
        let changes = env.changes(|name| std::env::var_os(name));
        let wrapped = Wrapped::spawn(program, arguments, changes, self.umask)?;
        Ok(Some(wrapped))
    }

    /// Serves until a signal comes or the command ends, then lets requests in flight finish, within
    /// [`Limits::drain`](pipetape_serve::Limits::drain); another signal cuts them at once. Returns
    /// the command's exit code.
    pub(crate) async fn serve(
        self,
        service: impl Service,
        date: DateHeader,
        command: Option<Wrapped>,
        signals: &mut Signals,
    ) -> Option<u8> {
        let limits = self.arguments.limits();
        let (stop, stopped) = oneshot::channel();
        let (cut, is_cut) = oneshot::channel();
        let mut serving = pin!(self.listener.serve_until(
            service,
            limits,
            date,
            dropped(stopped),
            dropped(is_cut)
        ));
        let ended = async {
            match command {
                Some(command) => Some(command.run(signals).await),
                None => {
                    let signal = signals.next().await;
                    info!(?signal, "stopping");
                    None
                }
            }
        };
        let code = tokio::select! {
            code = ended => code,
            _ = &mut serving => None,
        };
        drop(stop);
        let insisted = async {
            signals.next().await;
            warn!("stopped at once: requests in flight are cut");
            drop(cut);
            pending::<()>().await;
        };
        tokio::select! {
            biased;
            _ = &mut serving => {}
            () = insisted => {}
        }
        terminal::end_counts();
        code
    }
}

/// Runs a future to its end on one thread: this serves more requests per second than several
/// threads do.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| SystemError {
            action: "start the runtime",
            source,
        })?;
    let result = runtime.block_on(future);
    // Nothing that is still running is worth waiting for.
    runtime.shutdown_background();
    result
}

fn listening_line(address: SocketAddr) -> String {
    format!("listening on http://{address}")
}

/// Waits until the other end is dropped.
async fn dropped(receiver: oneshot::Receiver<()>) {
    let _ = receiver.await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_the_contracts() {
        for (address, line) in [
            ("127.0.0.1:4577", "listening on http://127.0.0.1:4577"),
            ("[::1]:80", "listening on http://[::1]:80"),
        ] {
            assert_eq!(listening_line(address.parse().unwrap()), line);
        }
    }
}
