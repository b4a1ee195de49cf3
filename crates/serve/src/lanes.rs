//! More threads for the connections of one server.

use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

/// Threads beside the one that a server runs on, each with a runtime of its own. A connection stays on its thread, so
/// none waits for another's, and nothing is stolen or woken across threads: a runtime of several threads spent more on
/// that than it gained. For services that take more time over a request than HTTP itself does.
///
/// Dropped, the threads end, and what still runs on them is cut.
#[derive(Debug, Default)]
pub struct Lanes {
    runtimes: Vec<Handle>,
    /// Closed when dropped.
    _stop: Option<watch::Sender<()>>,
}

impl Lanes {
    /// Starts so many threads.
    ///
    /// # Errors
    ///
    /// The system gives no threads or no event queues.
    pub fn start(count: usize) -> io::Result<Lanes> {
        let (stop, stopped) = watch::channel(());
        let mut runtimes = Vec::new();
        for number in 1..=count {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            runtimes.push(runtime.handle().clone());
            let mut stopped = stopped.clone();
            thread::Builder::new()
                .name(format!("lane-{number}"))
                .spawn(move || {
                    // An error is what ends it: nothing is ever sent.
                    let _ = runtime.block_on(stopped.changed());
                    runtime.shutdown_background();
                })?;
        }
        Ok(Lanes {
            runtimes,
            _stop: Some(stop),
        })
    }

    /// Where the connection of that number is served: on one of the threads, or where the server runs.
    pub(crate) fn of(&self, number: u64) -> Option<&Handle> {
        let lane = number % (self.runtimes.len() as u64 + 1);
        self.runtimes.get((lane as usize).checked_sub(1)?)
    }
}
