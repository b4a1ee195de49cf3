//! A service in the process that uses it, for tests.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::limits::{DateHeader, Limits};
use crate::listener::{BindError, Listener};
use crate::message::Service;

/// A service on a port of its own, until it is stopped or dropped.
///
/// ```
/// use bytes::Bytes;
/// use http::Response;
/// use pipetape_serve::{DateHeader, Reply, Request, Running, Service};
///
/// struct Greeter;
///
/// impl Service for Greeter {
///     async fn call(&self, _: &mut Request) -> Reply {
///         Reply::from(Response::new(Bytes::from_static(b"hello")))
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let greeter = Running::start(Greeter, DateHeader::Current).await?;
/// println!("listening on {}", greeter.url());
/// greeter.stop().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "it stops when it is dropped"]
pub struct Running<S> {
    service: Arc<S>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl<S: Service> Running<S> {
    /// Chooses a port and serves as [`Running::on`] does.
    ///
    /// # Errors
    ///
    /// The system has no free port.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn start(service: S, date: DateHeader) -> Result<Self, BindError> {
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
        Ok(Self::on(listener, service, date))
    }

    /// Serves in a task of the current tokio runtime, within [`Limits::default`]. If the client
    /// blocks its thread, the runtime needs more than one.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn on(listener: Listener, service: S, date: DateHeader) -> Self {
        let address = listener.local_addr();
        let service = Arc::new(service);
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&service);
        let serving = tokio::spawn(async move {
            // A sender that is dropped stops it as well.
            let stopped = async { drop(stopped.await) };
            let limits = Limits::default();
            listener.serve(served, limits, date, stopped).await;
        });
        Self {
            service,
            address,
            stop: Some(stop),
            serving,
        }
    }
}

impl<S> Running<S> {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, such as `http://127.0.0.1:40123`: an AWS client's endpoint URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The service.
    pub fn service(&self) -> &S {
        &self.service
    }

    /// Stops: calls in flight have [`Limits::drain`] to finish.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cuts calls in flight.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        // The task does not panic: panics of the service are caught.
        let _ = (&mut self.serving).await;
    }
}

/// Connections are cut.
impl<S> Drop for Running<S> {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
