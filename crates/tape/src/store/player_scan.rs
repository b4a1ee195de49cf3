//! A scan for a player, on two threads.
//!
//! What a tape of a million exchanges takes to be ready is reading it, and making something of each exchange. The first
//! is one thread's work, the database's order being the tape's; the second is done by another, in the same order. Where
//! reading is ahead, the reader prepares exchanges for it. They pass between the threads as they are encoded, in
//! batches: sent one by one and decoded, they cost more than the second thread gives.

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

use bytes::Bytes;

use super::engine::Database;
use super::error::StoreError;
use super::reader::{Scanned, conclude, rules, scan_encoded};
use super::stats::TapeStats;
use super::stored::{self, Detail};
use crate::exchange::Exchange;
use crate::name::TapeName;
use crate::rules::Rules;

/// Most exchanges in a batch, and how many bytes fill one.
const MOST: usize = 256;
const FULL: usize = 128 * 1024;
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

/// As [`scan`](super::reader::scan), on two threads and without the requests' headers.
///
/// # Errors
///
/// As of [`scan`](super::reader::scan), or a thread can't be started.
pub(super) fn scan<T, P, R, E>(
    name: &TapeName,
    directory: &Path,
    database: &mut Database,
    begin: impl FnOnce(Option<Rules>) -> Work<T, P, E>,
) -> Result<Scanned<T>, StoreError>
where
    T: Send,
    P: Fn(&Exchange) -> R + Sync,
    R: Send,
    E: FnMut(&mut T, &Exchange, R) + Send,
{
    let Work { made, prepare, add } = begin(rules(name, database)?);
    let prepare = &prepare;
    let (sender, receiver) = sync_channel(WAITING);
    let mut making = Making {
        made,
        add,
        stats: TapeStats::default(),
    };
    let (scanned, making) = thread::scope(|scope| {
        let maker = thread::Builder::new()
            .name("player".to_owned())
            .spawn_scoped(scope, move || {
                for batch in receiver {
                    making.take(batch, prepare)?;
                }
                Ok(making)
            })
            .map_err(StoreError::io("start a thread to read", directory))?;
        let mut reading = Reading {
            batch: Batch::default(),
            sender,
            prepare,
        };
        let scanned = scan_encoded(name, directory, database, |seq, encoded| {
            reading.take(seq, encoded)
        });
        // Where the other thread has ended, it says why.
        let _ = reading.send();
        drop(reading);
        let making = maker.join().unwrap_or_else(|panic| resume_unwind(panic));
        Ok((scanned, making))
    })?;
    // An exchange that can't be decoded comes before whatever the reader came upon.
    let making = making.map_err(|reason: String| StoreError::damaged(name, reason))?;
    conclude(name, directory, making.made, making.stats, scanned?)
}

/// Encoded exchanges, one behind the other.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Their numbers, and where each ends.
    ends: Vec<(u64, usize)>,
}

impl Batch {
    /// Decodes one after the other.
    fn exchanges(self) -> impl Iterator<Item = Result<Exchange, String>> {
        let bytes = Bytes::from(self.bytes);
        let mut start = 0;
        self.ends.into_iter().map(move |(seq, end)| {
            let encoded = bytes.slice(start..end);
            start = end;
            stored::decode(seq, &encoded, Detail::ForPlaying)
        })
    }
}

/// A batch on its way.
enum Sent<R> {
    Encoded(Batch),
    Prepared(Vec<(Exchange, R)>),
    /// Of an exchange that can't be decoded, why.
    Wrong(String),
}

/// The thread that reads.
struct Reading<'a, P, R> {
    batch: Batch,
    sender: SyncSender<Sent<R>>,
    prepare: &'a P,
}

impl<P: Fn(&Exchange) -> R, R> Reading<'_, P, R> {
    fn take(&mut self, seq: u64, encoded: &[u8]) -> Result<(), String> {
        self.batch.bytes.extend_from_slice(encoded);
        self.batch.ends.push((seq, self.batch.bytes.len()));
        if self.batch.ends.len() < MOST && self.batch.bytes.len() < FULL {
            return Ok(());
        }
        self.send()
    }

    fn send(&mut self) -> Result<(), String> {
        let batch = std::mem::take(&mut self.batch);
        let sent = match self.sender.try_send(Sent::Encoded(batch)) {
            Err(TrySendError::Full(Sent::Encoded(batch))) => self.sender.send(self.prepared(batch)),
            Err(TrySendError::Full(sent)) => self.sender.send(sent),
            Err(TrySendError::Disconnected(_)) => return Err(ENDED.to_owned()),
            Ok(()) => Ok(()),
        };
        sent.map_err(|_| ENDED.to_owned())
    }

    fn prepared(&self, batch: Batch) -> Sent<R> {
        let mut prepared = Vec::with_capacity(batch.ends.len());
        for exchange in batch.exchanges() {
            match exchange {
                Ok(exchange) => {
                    let with = (self.prepare)(&exchange);
                    prepared.push((exchange, with));
                }
                Err(reason) => return Sent::Wrong(reason),
            }
        }
        Sent::Prepared(prepared)
    }
}

/// Nobody is told: what ended the other thread is.
const ENDED: &str = "the other thread has ended";

/// The thread that makes something of what was read.
struct Making<T, E> {
    made: T,
    add: E,
    stats: TapeStats,
}

impl<T, E> Making<T, E> {
    fn take<P, R>(&mut self, sent: Sent<R>, prepare: &P) -> Result<(), String>
    where
        P: Fn(&Exchange) -> R,
        E: FnMut(&mut T, &Exchange, R),
    {
        match sent {
            Sent::Encoded(batch) => {
                for exchange in batch.exchanges() {
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
            Sent::Wrong(reason) => return Err(reason),
        }
        Ok(())
    }

    fn add<R>(&mut self, exchange: &Exchange, prepared: R)
    where
        E: FnMut(&mut T, &Exchange, R),
    {
        self.stats.count(exchange);
        (self.add)(&mut self.made, exchange, prepared);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Encoded as the store does it; number 500 is not.
    fn encoded(seq: u64) -> Vec<u8> {
        let exchange = Exchange {
            seq,
            after: None,
            operation: pipetape_core::Operation::PollForJobs,
            recorded_at: None,
            latency_ms: None,
            request: crate::exchange::RecordedRequest {
                headers: Some(vec![("user-agent".to_owned(), "test".to_owned())]),
                body: Bytes::from(seq.to_string()),
            },
            outcome: crate::exchange::Outcome::Fault(crate::fault::Fault::Reset),
        };
        match seq {
            500 => b"no exchange".to_vec(),
            _ => stored::encode(&exchange).unwrap(),
        }
    }

    /// Reads `seqs` with a reader that finds the other thread busy in every second batch.
    fn read(seqs: std::ops::Range<u64>) -> Result<Vec<(u64, usize)>, String> {
        let (sender, receiver) = sync_channel(seqs.end as usize);
        let prepare = |exchange: &Exchange| {
            assert_eq!(exchange.request.headers, None, "not read for playing");
            exchange.request.body.len()
        };
        let mut reading = Reading {
            batch: Batch::default(),
            sender,
            prepare: &prepare,
        };
        for seq in seqs {
            reading.take(seq, &encoded(seq))?;
        }
        reading.send()?;
        let Reading { sender, .. } = reading;
        let mut making = Making {
            made: Vec::new(),
            add: |made: &mut Vec<_>, exchange: &Exchange, length| made.push((exchange.seq, length)),
            stats: TapeStats::default(),
        };
        let is_ahead = Cell::new(false);
        let other = Reading {
            batch: Batch::default(),
            sender: sender.clone(),
            prepare: &prepare,
        };
        drop(sender);
        for sent in receiver.try_iter() {
            let sent = match sent {
                Sent::Encoded(batch) if is_ahead.replace(!is_ahead.get()) => other.prepared(batch),
                sent => sent,
            };
            making.take(sent, &prepare)?;
        }
        assert_eq!(making.stats.exchanges, making.made.len() as u64);
        Ok(making.made)
    }

    #[test]
    fn exchanges_come_in_order_whichever_thread_prepares_them() {
        for last in [0, 1, 255, 256, 257, 499] {
            let expected: Vec<_> = (1..=last).map(|seq| (seq, seq.to_string().len())).collect();
            assert_eq!(read(1..last + 1), Ok(expected));
        }
        let error = read(1..2000).unwrap_err();
        assert!(error.starts_with("exchange 500: "), "{error}");
        let error = read(300..2000).unwrap_err();
        assert!(error.starts_with("exchange 500: "), "{error}");
    }

    #[test]
    fn a_large_exchange_is_sent_at_once() {
        let (sender, receiver) = sync_channel(2);
        let mut reading = Reading {
            batch: Batch::default(),
            sender,
            prepare: &|_: &Exchange| (),
        };
        reading.take(1, b"small").unwrap();
        assert!(receiver.try_recv().is_err());
        reading.take(2, &vec![0; FULL]).unwrap();
        assert!(matches!(receiver.try_recv(), Ok(Sent::Encoded(batch)) if batch.ends.len() == 2));
        drop(receiver);
        assert!(reading.take(3, &vec![0; FULL]).is_err(), "nobody takes it");
    }
}
