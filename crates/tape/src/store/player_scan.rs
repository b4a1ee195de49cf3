//! A scan for a player, on two threads.
//!
//! What a tape of a million exchanges takes to be ready is reading it, and making something of each exchange. The first
//! is one thread's work, the database's order being the tape's; the second is done by another, in the same order. Where
//! reading is ahead, the reader prepares exchanges for it. They pass between the threads as they are encoded, in
//! batches: sent one by one and decoded, they cost more than the second thread gives.

use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

use super::directory::Store;
use super::error::StoreError;
use super::log::Detail;
use super::reader::{EncodedBatch, TapeReader};
use crate::exchange::Exchange;

/// Batches that wait. As few as keep both threads busy: an exchange may have megabytes.
const WAITING: usize = 2;

/// What is made of a tape, and how.
pub(crate) struct Work<T, P, E> {
    pub(crate) made: T,
    /// What of an exchange can be done on any thread, in any order.
    pub(crate) prepare: P,
    /// Adds an exchange, with what was prepared for it, behind the last one.
    pub(crate) add: E,
}

/// Reads a tape on two threads, without the requests' headers.
///
/// # Errors
///
/// As of [`TapeReader::scan`], or a thread can't be started.
pub(super) fn scan<T, P, R, E>(
    store: &Store,
    reader: TapeReader,
    work: Work<T, P, E>,
) -> Result<T, StoreError>
where
    T: Send,
    P: Fn(&Exchange) -> R + Sync,
    R: Send,
    E: FnMut(&mut T, &Exchange, R) + Send,
{
    let Work { made, prepare, add } = work;
    let prepare = &prepare;
    let (sender, receiver) = sync_channel(WAITING);
    let mut making = Making { made, add };
    thread::scope(|scope| {
        let maker = thread::Builder::new()
            .name("player".to_owned())
            .spawn_scoped(scope, move || {
                for batch in receiver {
                    making.take(batch, prepare)?;
                }
                Ok(making.made)
            })
            .map_err(StoreError::io("start a thread to read", store.directory()))?;
        let reading = Reading { sender, prepare };
        let scanned = reader.scan(|batch| reading.send(batch).map_err(Stopped::from));
        drop(reading);
        // An exchange that can't be decoded comes before whatever the reader came upon.
        let made = maker.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        match scanned {
            Err(Stopped::By(error)) => Err(error),
            Ok(_) | Err(Stopped::Ended) => Ok(made),
        }
    })
}

enum Stopped {
    By(StoreError),
    /// The other thread has ended, and says why.
    Ended,
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Stopped {
        Stopped::By(error)
    }
}

impl From<Ended> for Stopped {
    fn from(Ended: Ended) -> Stopped {
        Stopped::Ended
    }
}

/// A batch on its way.
enum Sent<R> {
    Encoded(EncodedBatch),
    Prepared(Vec<(Exchange, R)>),
    /// Of an exchange that can't be decoded, why.
    Wrong(StoreError),
}

/// The thread that reads.
struct Reading<'a, P, R> {
    sender: SyncSender<Sent<R>>,
    prepare: &'a P,
}

impl<P: Fn(&Exchange) -> R, R> Reading<'_, P, R> {
    fn send(&self, batch: EncodedBatch) -> Result<(), Ended> {
        let sent = match self.sender.try_send(Sent::Encoded(batch)) {
            Err(TrySendError::Full(Sent::Encoded(batch))) => self.sender.send(self.prepared(batch)),
            Err(TrySendError::Full(sent)) => self.sender.send(sent),
            Err(TrySendError::Disconnected(_)) => return Err(Ended),
            Ok(()) => Ok(()),
        };
        sent.map_err(|_| Ended)
    }

    fn prepared(&self, batch: EncodedBatch) -> Sent<R> {
        let mut prepared = Vec::new();
        for exchange in batch.exchanges(Detail::ForPlaying) {
            match exchange {
                Ok(exchange) => {
                    let with = (self.prepare)(&exchange);
                    prepared.push((exchange, with));
                }
                Err(error) => return Sent::Wrong(error),
            }
        }
        Sent::Prepared(prepared)
    }
}

/// The other thread has ended.
struct Ended;

/// The thread that makes something of what was read.
struct Making<T, E> {
    made: T,
    add: E,
}

impl<T, E> Making<T, E> {
    fn take<P, R>(&mut self, sent: Sent<R>, prepare: &P) -> Result<(), StoreError>
    where
        P: Fn(&Exchange) -> R,
        E: FnMut(&mut T, &Exchange, R),
    {
        match sent {
            Sent::Encoded(batch) => {
                for exchange in batch.exchanges(Detail::ForPlaying) {
                    let exchange = exchange?;
                    let prepared = prepare(&exchange);
                    self.add(&exchange, prepared);
                }
            }
            Sent::Prepared(exchanges) => {
                for (exchange, prepared) in exchanges {
                    self.add(&exchange, prepared);
                }
            }
            Sent::Wrong(error) => return Err(error),
        }
        Ok(())
    }

    fn add<R>(&mut self, exchange: &Exchange, prepared: R)
    where
        E: FnMut(&mut T, &Exchange, R),
    {
        (self.add)(&mut self.made, exchange, prepared);
    }
}
