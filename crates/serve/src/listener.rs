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

use crate::connection::{Front, serve_connection};
use crate::lanes::Lanes;
use crate::limits::{DateHeader, Limits};
use crate::message::Service;

/// How long to wait after an accept error that the next accept would meet again, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that the kernel keeps until they are accepted. The usual 128 overflow when a thousand
/// clients connect at once, and Linux then resets some of them.
const BACKLOG: u32 = 4096;

/// A bound socket: clients can connect from here on, and are served once [`Listener::serve`] runs.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    lanes: Lanes,
}

/// The address could not be listened on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BindError {
    /// Another process listens there.
    #[error(
        "{address} is already in use: choose another with --listen, or port 0 for any free one"
    )]
    InUse {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The port needs rights that this process does not have.
    #[error("no permission to listen on {address}: choose a port above 1023 with --listen")]
    NotPermitted {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// No interface of this machine has the address.
    #[error("{address} is not an address of this machine: choose another with --listen")]
    NotOurs {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The system refused for another reason.
    #[error("cannot listen on {address}")]
    Refused {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// What a server did, told when it has stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServeSummary {
    /// Connections taken.
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
    pub async fn bind(address: SocketAddr) -> Result<Listener, BindError> {
        let refused = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse { address, source },
            io::ErrorKind::PermissionDenied => BindError::NotPermitted { address, source },
            io::ErrorKind::AddrNotAvailable => BindError::NotOurs { address, source },
            _ => BindError::Refused { address, source },
        };
        let socket = listen(address).map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        Ok(Listener {
            socket,
            address,
            lanes: Lanes::default(),
        })
    }

    /// Shares the connections out among these threads and the one that the server runs on.
    pub fn on(self, lanes: Lanes) -> Listener {
        Listener { lanes, ..self }
    }

    /// The address bound, with the port that was found where port 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` ends, then stops: no new connection is taken, idle ones are closed at
    /// once, calls in flight get [`Limits::drain`] to finish, and what is left is cut.
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

    /// As [`Listener::serve`], but once `cut` ends too, what is still in flight is cut without waiting any
    /// longer. Unlike dropping the future, this returns when every call has been dropped.
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
        let front = Arc::new(Front::new(service, limits, date));
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
                    let front = Arc::clone(&front);
                    match self.lanes.of(accepted) {
                        None => {
                            let task = serve_connection(stream, peer, front);
                            connections.spawn(task.instrument(span));
                        }
                        Some(lane) => {
                            let task = on_another_runtime(stream, peer, front);
                            connections.spawn_on(task.instrument(span), lane);
                        }
                    }
                    accepted += 1;
                }
            }
        }
        drop(self.socket);
        front.stop();
        let cut = finish(&mut connections, drain, cut).await;
        ServeSummary { accepted, cut }
    }

    /// The next connection. Errors are waited out.
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

/// Serves a connection that was accepted on another runtime than this runs on.
async fn on_another_runtime<S: Service>(stream: TcpStream, peer: SocketAddr, front: Arc<Front<S>>) {
    match stream.into_std().and_then(TcpStream::from_std) {
        Ok(stream) => serve_connection(stream, peer, front).await,
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

/// Waits for the connections to end, no longer than `drain` or until `cut` ends; says how many had to be cut.
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

/// Calls are guarded one by one, so a panic here is ours.
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
    // A server that starts again finds its port still in the hands of connections that are over.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
