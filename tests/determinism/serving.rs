//! Servers in this process, on ports of their own.

use std::net::SocketAddr;
use std::sync::Arc;

use pipetape_replay::Replay;
use pipetape_serve::{DateHeader, Limits, Listener, ServeSummary, Service};
use pipetape_tape::{PlayerConfig, Tape};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server until it is stopped.
pub(crate) struct Serving {
    runtime: Handle,
    address: SocketAddr,
    replay: Option<Arc<Replay>>,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<ServeSummary>,
}

impl Serving {
    /// A listener on a free port.
    pub(crate) fn bind(runtime: &Handle) -> Listener {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        runtime.block_on(Listener::bind(any)).unwrap()
    }

    /// Serves it.
    pub(crate) fn start<S: Service>(
        runtime: &Handle,
        listener: Listener,
        service: Arc<S>,
        date: DateHeader,
    ) -> Self {
        let address = listener.local_addr();
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let limits = Limits::default();
        Self {
            runtime: runtime.clone(),
            address,
            replay: None,
            stop: Some(stop),
            served: runtime.spawn(listener.serve(service, limits, date, stopped)),
        }
    }

    /// A replay with nothing but defaults.
    pub(crate) fn replay(runtime: &Handle, tape: &Tape) -> Self {
        let replay = Arc::new(Replay::new(tape.clone(), PlayerConfig::default()));
        let service = Arc::clone(&replay);
        let listener = Self::bind(runtime);
        let serving = Self::start(runtime, listener, service, DateHeader::AsGiven);
        Self {
            replay: Some(replay),
            ..serving
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops once all is answered.
    pub(crate) fn stop(mut self) {
        drop(self.stop.take());
        self.runtime.block_on(self.served).unwrap();
    }

    /// Stops; gives the report of a replay.
    pub(crate) fn report(mut self) -> Value {
        let replay = self.replay.take().expect("a replay");
        self.stop();
        serde_json::to_value(replay.report()).unwrap()
    }
}
