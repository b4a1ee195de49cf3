//! The listening socket: accepting connections, and stopping.

use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;
use tracing::{Instrument, debug, debug_span, error, info, warn};

use crate::connection::{ServerState, serve_connection};
use crate::limits::{DateHeader, Limits};
use crate::message::Service;
use crate::worker_runtimes::WorkerRuntimes;

/// How long to wait after an accept error that the next accept would have too, such as too many
/// open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that the kernel keeps until they are accepted. The usual 128 overflow when a
/// thousand clients connect at once, and Linux then resets some of them.
const BACKLOG: u32 = 4096;

/// A bound socket: clients can connect from now on, and are served once [`Listener::serve`] runs.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    workers: WorkerRuntimes,
}

/// Listening on the address failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BindError {
    /// Another process listens there.
    #[error(
        "{address} is already in use: choose another with --listen, or port 0 for any free one"
    )]
    InUse {
        /// The requested address.
        address: SocketAddr,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The port needs rights that this process does not have.
    #[error("no permission to listen on {address}: choose a port above 1023 with --listen")]
    NotPermitted {
        /// The requested address.
        address: SocketAddr,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// No interface of this machine has the address.
    #[error("{address} is not an address of this machine: choose another with --listen")]
    NotOurs {
        /// The requested address.
        address: SocketAddr,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The system refused for another reason.
    #[error("cannot listen on {address}")]
    Refused {
        /// The requested address.
        address: SocketAddr,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
}

/// What a server did, reported when it has stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServeSummary {
    /// Connections that were accepted.
    pub accepted: u64,
    /// Connections that were still busy when [`Limits::drain`] ran out, and were cut.
    pub cut: usize,
}

impl Listener {
    /// Binds and listens; port 0 takes any free port.
    ///
    /// # Errors
    ///
    /// The address is taken, not permitted, or not of this machine.
    pub async fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let refused = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse { address, source },
            io::ErrorKind::PermissionDenied => BindError::NotPermitted { address, source },
            io::ErrorKind::AddrNotAvailable => BindError::NotOurs { address, source },
            _ => BindError::Refused { address, source },
        };
        let socket = listen(address).map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        Ok(Self {
            socket,
            address,
            workers: WorkerRuntimes::default(),
        })
    }

    /// Distributes the connections over these threads and the one that the server runs on.
    pub fn on(self, workers: WorkerRuntimes) -> Self {
        Self { workers, ..self }
    }

    /// The bound address, with the port that the system chose if port 0 was requested.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` ends, then stops: no new connection is accepted, idle ones are
    /// closed at once, calls in flight have [`Limits::drain`] to finish, and what is left is cut.
    ///
    /// Runs on the current tokio runtime, one task per connection; one thread is enough.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cuts every connection.
    pub async fn serve<S: Service>(
        self,
        service: S,
        limits: Limits,
        date: DateHeader,
        shutdown: impl Future<Output = ()>,
    ) -> ServeSummary {
        self.serve_until(service, limits, date, shutdown, pending())
            .await
    }

    /// Like [`Listener::serve`], but once `cut` ends too, calls in flight are cut without waiting
    /// any longer. Unlike dropping the future, this returns after every call has been dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cuts every connection.
    pub async fn serve_until<S: Service>(
        self,
        service: S,
        limits: Limits,
        date: DateHeader,
        shutdown: impl Future<Output = ()>,
        cut: impl Future<Output = ()>,
    ) -> ServeSummary {
        let drain = limits.drain;
        let max_connections = limits.max_connections.max(1);
        let server = Arc::new(ServerState::new(service, limits, date));
        let mut connections = JoinSet::new();
        let mut accepted = 0;
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = connections.join_next() => log_panic(ended),
                (stream, peer) = self.accept(), if connections.len() < max_connections => {
                    let span = debug_span!("connection", client.addr = %peer);
                    let server = Arc::clone(&server);
                    match self.workers.of(accepted) {
                        None => {
                            let task = serve_connection(stream, peer, server);
                            connections.spawn(task.instrument(span));
                        }
                        Some(worker) => {
                            let task = on_another_runtime(stream, peer, server);
                            connections.spawn_on(task.instrument(span), worker);
                        }
                    }
                    accepted += 1;
                }
            }
        }
        drop(self.socket);
        server.stop();
        let cut = finish(&mut connections, drain, cut).await;
        ServeSummary { accepted, cut }
    }

    /// The next connection. After an error it waits and tries again.
    async fn accept(&self) -> (TcpStream, SocketAddr) {
        let mut failing = false;
        loop {
            match self.socket.accept().await {
                Ok(connection) => return connection,
                Err(error) if concerns_one_client(&error) => {
                    debug!(%error, "client gone before it was accepted");
                }
                Err(error) => {
                    if !failing {
                        warn!(%error, "cannot accept connections, retrying");
                    }
                    failing = true;
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// Serves a connection that was accepted on another runtime.
async fn on_another_runtime<S: Service>(
    stream: TcpStream,
    peer: SocketAddr,
    server: Arc<ServerState<S>>,
) {
    match stream.into_std().and_then(TcpStream::from_std) {
        Ok(stream) => serve_connection(stream, peer, server).await,
        Err(error) => warn!(%error, "cannot serve a connection"),
    }
}

fn concerns_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Waits for the connections to end, at most for `drain` or until `cut` ends; returns how many had
/// to be cut.
async fn finish(
    connections: &mut JoinSet<()>,
    drain: Duration,
    cut: impl Future<Output = ()>,
) -> usize {
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    };
    tokio::select! {
        biased;
        () = all_ended => return 0,
        () = sleep(drain) => {}
        () = cut => {}
    }
    let cut = connections.len();
    info!(connections = cut, "cutting connections that are still busy");
    connections.shutdown().await;
    cut
}

/// Panics of a service are caught in its calls, so a panic here is a bug of this crate.
fn log_panic(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        error!("a connection's task panicked");
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A server that starts again would find its port still used by connections that have ended.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
