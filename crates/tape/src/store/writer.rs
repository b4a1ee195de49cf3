//! The one thread that writes a tape: it drains a queue, appends one batch to the log, and reports
//! to everyone who waits. When the recording ends it closes the log.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use pipetape_core::causes::with_causes;
use tokio::sync::oneshot;
use tracing::error;

use super::error::{AppendError, StoreError};
use super::files::remove;
use super::lock::TapeLock;
use super::log::{GrowingLog, Records, TooLarge};
use super::paths::TapePaths;
use super::stats::TapeStats;
use crate::exchange::{Exchange, NewExchange};
use crate::name::TapeName;
use crate::rules::Rules;

/// Most exchanges, and about most bytes, in one batch.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// An exchange on its way to a tape, in the hands of the thread that writes.
///
/// It is made on that thread, and learns there whether it was written: the threads that serve
/// connections don't do that work. Dropped without [`written`](PendingExchange::written), it was
/// not written: its writer has ended.
pub trait PendingExchange: Send + 'static {
    /// Makes the exchange. Called once, in the order of the tape, also if the tape can no longer be
    /// written.
    fn make(&mut self) -> NewExchange;

    /// Reports what became of the exchange: its number, once it survives the end of the process, or
    /// why it was not written.
    fn written(self: Box<Self>, written: Result<u64, AppendError>);
}

/// Writes exchanges to one tape. Cheap to clone; all clones write to the same tape.
///
/// Dropped without [`finish`](TapeWriter::finish), the tape stays as it is: unfinished, with
/// everything that was appended.
#[derive(Debug, Clone)]
pub struct TapeWriter {
    shared: Arc<Shared>,
    queue: Sender<Message>,
}

#[derive(Debug)]
struct Shared {
    name: TapeName,
    rules: Rules,
    last_kept: Arc<AtomicU64>,
}

/// What a finished recording left on its tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Exchanges written by this recording.
    pub written: u64,
    /// Exchanges on the tape now.
    pub on_tape: u64,
    /// Whether an overwriting recording kept nothing, so that the old tape was left as it was. It
    /// is not counted in `on_tape`.
    pub left_old: bool,
}

enum Message {
    Append(Box<dyn PendingExchange>),
    Finish {
        finished: oneshot::Sender<Result<Finished, StoreError>>,
    },
}

/// What happens to a tape when its writer finishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtFinish {
    Stay,
    /// It takes the place of the tape that it was recorded beside.
    TakePlace,
}

/// An open tape, ready to be written.
pub(super) struct Opened {
    pub(super) paths: TapePaths,
    pub(super) log: GrowingLog,
    pub(super) lock: TapeLock,
    pub(super) rules: Rules,
    /// What is on it already.
    pub(super) stats: TapeStats,
    pub(super) at_finish: AtFinish,
}

impl TapeWriter {
    /// Starts the thread.
    pub(super) fn start(opened: Opened) -> Result<TapeWriter, StoreError> {
        let (queue, messages) = mpsc::channel();
        let shared = Arc::new(Shared {
            name: opened.paths.name.clone(),
            rules: opened.rules.clone(),
            last_kept: Arc::new(AtomicU64::new(opened.stats.last_seq)),
        });
        let directory = opened.paths.tape.clone();
        let writing = Writing {
            last_kept: Arc::clone(&shared.last_kept),
            before: opened.stats,
            opened,
            records: Records::default(),
            failed: None,
        };
        // It ends with the last sender or with `Finish`, whichever comes first: nobody has to join
        // it.
        let _: JoinHandle<()> = thread::Builder::new()
            .name("tape-writer".to_owned())
            .spawn(move || writing.run(messages))
            .map_err(StoreError::io("start a thread to write", &directory))?;
        Ok(TapeWriter { shared, queue })
    }

    /// The tape's name.
    pub fn name(&self) -> &TapeName {
        &self.shared.name
    }

    /// The rules that the tape is recorded by; its own if it is appended to.
    pub fn rules(&self) -> &Rules {
        &self.shared.rules
    }

    /// The highest number that is durable on the tape; 0 if none is. For
    /// [`after`](crate::Exchange::after).
    pub fn last_kept(&self) -> u64 {
        self.shared.last_kept.load(Ordering::Acquire)
    }

    /// Gives an exchange its place in the order of the tape, and leaves it to be made and written.
    /// If the writer has ended, the pending exchange is dropped.
    ///
    /// The queue has no limit of its own: each client waits for its own exchange, and the server
    /// limits how many bytes clients send and receive at once.
    pub fn enqueue(&self, pending: impl PendingExchange) {
        // A message that is refused is dropped, and the exchange with it.
        let _ = self.queue.send(Message::Append(Box::new(pending)));
    }

    /// Writes what is in the queue, marks the tape as finished and closes it; an overwriting
    /// recording takes the old tape's place. An overwriting recording that kept nothing leaves the
    /// old tape as it is.
    ///
    /// # Errors
    ///
    /// The tape could not be closed, or an exchange could not be written: the tape is incomplete.
    pub async fn finish(self) -> Result<Finished, StoreError> {
        let gone = || StoreError::Incomplete {
            name: self.shared.name.clone(),
            reason: "its writer has ended".into(),
        };
        let (finished, answer) = oneshot::channel();
        let message = Message::Finish { finished };
        self.queue.send(message).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// What the thread owns.
struct Writing {
    opened: Opened,
    last_kept: Arc<AtomicU64>,
    /// What was on the tape before.
    before: TapeStats,
    /// Those of the current batch; kept so that their memory is used again.
    records: Records,
    failed: Option<AppendError>,
}

/// An exchange that is in the records, and not yet in the log.
struct Waiting {
    exchange: Exchange,
    pending: Box<dyn PendingExchange>,
}

impl Writing {
    fn run(mut self, messages: Receiver<Message>) {
        let mut waiting: Vec<Waiting> = Vec::new();
        // Without any sender left, the tape stays as it is.
        while let Ok(message) = messages.recv() {
            let mut finish = None;
            let mut next = Some(message);
            while let Some(message) = next.take() {
                match message {
                    Message::Append(mut pending) => match self.add(&mut *pending, waiting.len()) {
                        Ok(exchange) => waiting.push(Waiting { exchange, pending }),
                        Err(error) => report(pending, Err(error)),
                    },
                    Message::Finish { finished } => {
                        finish = Some(finished);
                        break;
                    }
                }
                if waiting.len() < BATCH && self.records.len() < BATCH_BYTES {
                    next = messages.try_recv().ok();
                }
            }
            if !waiting.is_empty() {
                self.commit(&mut waiting);
            }
            if let Some(finished) = finish {
                // Later messages are refused.
                drop(messages);
                // The tape is finished even if the receiver is gone.
                let _ = finished.send(self.finish());
                return;
            }
        }
    }

    /// Makes an exchange, numbers it and adds it to the records.
    fn add(
        &mut self,
        pending: &mut dyn PendingExchange,
        ahead: usize,
    ) -> Result<Exchange, AppendError> {
        // A panic here must not lose the exchanges after it. It leaves nothing of this thread's
        // half done.
        let made = catch_unwind(AssertUnwindSafe(|| pending.make()));
        let exchange = made.map_err(|_panic| AppendError {
            reason: "pipetape failed while it read the exchange".into(),
        })?;
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let seq = self.opened.stats.last_seq.checked_add(ahead as u64 + 1);
        let Some(seq) = seq else {
            return Err(self.fail("its last exchange has the highest number there is".to_owned()));
        };
        let exchange = exchange.numbered(seq);
        match self.records.push(&exchange) {
            Ok(()) => Ok(exchange),
            Err(error @ TooLarge) => Err(self.fail(error.to_string())),
        }
    }

    /// Makes the records durable and reports to everyone who waits for one.
    fn commit(&mut self, waiting: &mut Vec<Waiting>) {
        let written = self.opened.log.append(&self.records);
        self.records.clear();
        if let Err(store_error) = written {
            let error = self.fail(with_causes(&store_error));
            for Waiting { pending, .. } in waiting.drain(..) {
                report(pending, Err(error.clone()));
            }
            return;
        }
        for Waiting { exchange, .. } in waiting.iter() {
            self.opened.stats.count(exchange.seq, exchange.recorded_at);
        }
        // Before any client is answered: a request that begins after an answer comes after its
        // exchange.
        self.last_kept
            .store(self.opened.stats.last_seq, Ordering::Release);
        for Waiting { exchange, pending } in waiting.drain(..) {
            report(pending, Ok(exchange.seq));
        }
    }

    fn fail(&mut self, reason: String) -> AppendError {
        error!(tape = %self.opened.paths.name, %reason, "the tape can no longer be written; what follows is not recorded");
        let error = AppendError {
            reason: reason.into(),
        };
        self.failed = Some(error.clone());
        error
    }

    fn finish(self) -> Result<Finished, StoreError> {
        let Opened {
            paths,
            log,
            lock,
            stats,
            at_finish,
            ..
        } = self.opened;
        if let Some(AppendError { reason }) = self.failed {
            return Err(StoreError::Incomplete {
                name: paths.name,
                reason,
            });
        }
        let written = stats.exchanges - self.before.exchanges;
        let left_old = at_finish == AtFinish::TakePlace && written == 0;
        if left_old {
            remove(&paths.new)?;
        } else {
            let closed = log.close(&stats).and_then(|()| match at_finish {
                AtFinish::TakePlace => paths.swap(),
                AtFinish::Stay => Ok(()),
            });
            closed.map_err(|source| StoreError::unclosed(&paths.name, source))?;
        }
        drop(lock);
        Ok(Finished {
            written,
            on_tape: stats.exchanges,
            left_old,
        })
    }
}

/// A panic in here changes nothing about the tape; the program's panic hook reports it.
fn report(pending: Box<dyn PendingExchange>, written: Result<u64, AppendError>) {
    let _ = catch_unwind(AssertUnwindSafe(|| pending.written(written)));
}
