//! A server's life: the runtime it runs on, the line that says where it listens, and its end.

use std::ffi::OsString;
use std::future::{Future, pending};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::pin::pin;

use pipetape_serve::{DateHeader, Limits, Listener, Service};
use tokio::runtime;
use tokio::sync::oneshot;
use tracing::{info, warn};

use crate::failure::Failure;
use crate::process::Signals;
use crate::process::UserUmask;
use crate::terminal::{self, say};
use crate::wrapped::{CommandEnv, Wrapped};

/// Runs a future to its end on one thread: that serves more requests a second than several do.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::System {
            action: "start the runtime",
            source,
        })?;
    let result = runtime.block_on(future);
    // Nothing that is still running is worth waiting for.
    runtime.shutdown_background();
    result
}

/// Says where the server listens, and starts the command, if there is one.
///
/// The line goes to stdout; to stderr where stdout is a command's.
pub(crate) fn announce(
    command: &[OsString],
    env: &CommandEnv<'_>,
    umask: &UserUmask,
) -> Result<Option<Wrapped>, Failure> {
    let line = listening_line(env.address);
    let Some((program, arguments)) = command.split_first() else {
        let mut out = io::stdout().lock();
        if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
            // Whoever does not listen to us may still know the port.
            warn!(%error, "cannot say on stdout where the server listens");
        }
        return Ok(None);
    };
    say(&line);
    let changes = env.changes(|name| std::env::var_os(name));
    let wrapped = Wrapped::spawn(program, arguments, changes, umask)?;
    Ok(Some(wrapped))
}

fn listening_line(address: SocketAddr) -> String {
    format!("listening on http://{address}")
}

/// Serves until a signal comes or the command ends, then lets what is in flight finish, within
/// [`Limits::drain`]; another signal ends that at once. Gives the command's exit code.
pub(crate) async fn serve(
    listener: Listener,
    service: impl Service,
    limits: Limits,
    date: DateHeader,
    command: Option<Wrapped>,
    signals: &mut Signals,
) -> Option<u8> {
    let (stop, stopped) = oneshot::channel();
    let (cut, is_cut) = oneshot::channel();
    let mut serving =
        pin!(listener.serve_until(service, limits, date, dropped(stopped), dropped(is_cut),));
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
