//! More threads for the connections of one server.

use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

/// Threads beside the one that a server runs on, each with a tokio runtime of its own.
///
/// A connection stays on its thread: nothing is moved or woken across threads, which costs a
/// runtime with several threads more than it gains here. For services that take longer over a
/// request than HTTP does.
///
/// When this is dropped the threads end, and what still runs on them is cut.
#[derive(Debug, Default)]
pub struct WorkerRuntimes {
    runtimes: Vec<Handle>,
    /// Closed when dropped.
    _stop: Option<watch::Sender<()>>,
}

impl WorkerRuntimes {
    /// Starts so many threads.
    ///
    /// # Errors
    ///
    /// The system has no more threads or event queues.
    pub fn start(count: usize) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(());
        let mut runtimes = Vec::new();
        for number in 1..=count {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            runtimes.push(runtime.handle().clone());
            let mut stopped = stopped.clone();
            thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || {
                    // An error ends it: nothing is ever sent.
                    let _ = runtime.block_on(stopped.changed());
                    runtime.shutdown_background();
                })?;
        }
        Ok(Self {
            runtimes,
            _stop: Some(stop),
        })
    }

    /// Where the connection with this number is served; `None` for the runtime of the server
    /// itself.
    pub(crate) fn of(&self, number: u64) -> Option<&Handle> {
        let turn = number % (self.runtimes.len() as u64 + 1);
        self.runtimes.get((turn as usize).checked_sub(1)?)
    }
}
