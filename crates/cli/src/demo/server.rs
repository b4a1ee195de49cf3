//! A server in the background.

use std::net::{Ipv4Addr, SocketAddr};

use pipetape_serve::{BindError, DateHeader, Limits, Listener, Service};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A service on a free port of loopback. Dropped, it stops some time later; [`Server::stop`] waits for it.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Server {
    /// Finds a port.
    pub(super) async fn bind() -> Result<Listener, BindError> {
        Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Serves from here on.
    pub(super) fn start(listener: Listener, service: impl Service, date: DateHeader) -> Server {
        let address = listener.local_addr();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            // A sender that is dropped stops it as well.
            let stopped = async { drop(stopped.await) };
            listener
                .serve(service, Limits::default(), date, stopped)
                .await;
        });
        Server {
            address,
            stop,
            serving,
        }
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it: nobody listens there afterwards.
    pub(super) async fn stop(self) {
        drop(self.stop);
        // Its task does not panic: a service that does is answered for.
        let _ = self.serving.await;
    }
}
