//! Makes what was written to a file reach the disk, without anyone waiting for that.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Time from a change to the sync that writes it to the disk, at most.
const LAG: Duration = Duration::from_millis(500);

/// A thread that syncs a file soon after each change. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Syncing {
    is_due: Arc<AtomicBool>,
    changed: Sender<()>,
    failed: Receiver<io::Error>,
}

impl Syncing {
    /// Starts the thread.
    pub(super) fn start(file: File) -> io::Result<Syncing> {
        Syncing::start_with(LAG, move || file.sync_data())
    }

    fn start_with(
        lag: Duration,
        mut sync: impl FnMut() -> io::Result<()> + Send + 'static,
    ) -> io::Result<Syncing> {
        let is_due = Arc::new(AtomicBool::new(false));
        let (changed, changes) = channel();
        let (failing, failed) = channel();
        let due = Arc::clone(&is_due);
        // It ends when the sender is dropped: nobody has to join it.
        let _: JoinHandle<()> =
            thread::Builder::new()
                .name("tape-sync".to_owned())
                .spawn(move || {
                    while changes.recv().is_ok() {
                        if changes.recv_timeout(lag) == Err(RecvTimeoutError::Disconnected) {
                            return;
                        }
                        // Before the sync: a change during it is written in the next round.
                        due.store(false, Ordering::Release);
                        if let Err(error) = sync() {
                            // The receiver may be gone.
                            let _ = failing.send(error);
                            return;
                        }
                    }
                })?;
        Ok(Syncing {
            is_due,
            changed,
            failed,
        })
    }

    /// The file has changed.
    ///
    /// # Errors
    ///
    /// The disk did not accept an earlier change. It is reported once; nothing is synced after
    /// that.
    pub(super) fn changed(&self) -> io::Result<()> {
        if let Ok(error) = self.failed.try_recv() {
            return Err(error);
        }
        if !self.is_due.swap(true, Ordering::AcqRel) {
            // Fails only if the thread has ended, which was reported above.
            let _ = self.changed.send(());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn many_changes_are_one_sync_and_none_is_forgotten() {
        let (synced, syncs) = channel();
        let (go_on, may_go_on) = sync_channel(0);
        let syncing = Syncing::start_with(Duration::from_millis(20), move || {
            synced.send(()).unwrap();
            may_go_on.recv_timeout(PATIENCE).unwrap();
            Ok(())
        })
        .unwrap();
        for _ in 0..1000 {
            syncing.changed().unwrap();
        }
        syncs.recv_timeout(PATIENCE).unwrap();
        // While it is under way: that may have come too late for it.
        syncing.changed().unwrap();
        go_on.send(()).unwrap();
        syncs.recv_timeout(PATIENCE).unwrap();
        go_on.send(()).unwrap();
        assert!(
            syncs.recv_timeout(Duration::from_millis(100)).is_err(),
            "nothing has changed"
        );
        drop(syncing);
        assert_eq!(
            syncs.recv_timeout(PATIENCE),
            Err(RecvTimeoutError::Disconnected),
            "the thread ends"
        );
    }

    #[test]
    fn a_disk_that_refuses_is_told_once() {
        let syncing = Syncing::start_with(Duration::ZERO, || {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        })
        .unwrap();
        syncing.changed().unwrap();
        let error = loop {
            match syncing.changed() {
                Ok(()) => thread::sleep(Duration::from_millis(1)),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        syncing.changed().unwrap();
    }
}
