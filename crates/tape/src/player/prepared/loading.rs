//! Loads a tape: this thread reads it, another one prepares what was read.
//!
//! ```text
//! tape file: exchanges           ─┐
//!                                 ├─ batches ─> TapeBuilder, on a thread of its own ─> PreparedTape
//! store: exchanges, still encoded ┘
//! ```
//!
//! For large tapes, reading and preparing take about as long, so two threads are nearly twice as fast. A
//! tape of one batch is prepared by the thread that reads it. Exchanges of a store are decoded by the
//! second thread: sent decoded, or one by one, they cost more than that thread saves.

use std::convert::Infallible;
use std::mem;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use super::builder::TapeBuilder;
use super::tape::PreparedTape;
use crate::exchange::{Exchange, Tape};
use crate::name::TapeName;
use crate::player::config::PlayerConfig;
use crate::rules::Rules;
use crate::store::{Detail, EncodedBatch, Store, StoreError};
use crate::tape_file::{TapeFileError, fold_tape_file};

/// Most exchanges of a tape file in a batch, and how many bytes of bodies fill one.
const MOST: usize = 256;
const FULL: usize = 128 * 1024;
/// How many batches wait. As few as keep both threads busy: an exchange may have megabytes.
const WAITING: usize = 2;

/// Prepares a tape that is in memory.
pub(crate) fn prepare(tape: Tape, config: &PlayerConfig) -> PreparedTape {
    let mut builder = TapeBuilder::new(tape.name, tape.rules.as_ref(), config);
    // One by one, so that each is freed as soon as it is packed.
    for exchange in tape.exchanges {
        builder.push(&exchange);
    }
    builder.build()
}

/// Prepares a tape file, which is never in memory as a whole.
pub(crate) fn load_file(file: &Path, config: &PlayerConfig) -> Result<PreparedTape, TapeFileError> {
    thread::scope(|scope| {
        let begin = |tape: Tape| {
            let loader = Loader::new(scope, tape.name, tape.rules, config);
            (loader, ParsedBatch::default())
        };
        let each = |(loader, batch): &mut (Loader<'_, '_, _>, ParsedBatch), exchange| {
            batch.push(exchange);
            if batch.is_full() {
                // If the other thread has ended, finishing says why.
                let _ = loader.send(mem::take(batch));
            }
        };
        let (mut loader, rest) = fold_tape_file(file, begin, each)?;
        let _ = loader.send(rest);
        let Ok(builder) = loader.finish();
        Ok(builder.build())
    })
}

/// Prepares a tape of a store, which is never in memory twice.
pub(crate) fn load_stored(
    store: &Store,
    name: &TapeName,
    config: &PlayerConfig,
) -> Result<PreparedTape, StoreError> {
    let reader = store.reader(name)?;
    thread::scope(|scope| {
        let rules = reader.rules().cloned();
        let mut loader = Loader::new(scope, name.clone(), rules, config);
        let scanned = reader.scan(|batch| loader.send(batch).map_err(|Ended| None::<StoreError>));
        // An exchange that can't be decoded comes before whatever ended the reading.
        let builder = loader.finish()?;
        match scanned {
            Err(Some(error)) => Err(error),
            Err(None) | Ok(_) => Ok(builder.build()),
        }
    })
}

/// Exchanges that pass from the thread that reads to the one that prepares.
trait Batch: Send {
    /// Why an exchange can't be decoded.
    type Error: Send;

    /// The exchanges, in the tape's order.
    fn into_exchanges(self) -> impl Iterator<Item = Result<Exchange, Self::Error>>;
}

/// Exchanges of a tape file.
#[derive(Default)]
struct ParsedBatch {
    exchanges: Vec<Exchange>,
    bytes: usize,
}

impl ParsedBatch {
    fn push(&mut self, exchange: Exchange) {
        let response = exchange.outcome.response();
        self.bytes += exchange.request.body.len();
        self.bytes += response.map_or(0, |response| response.body.len());
        self.exchanges.push(exchange);
    }

    fn is_full(&self) -> bool {
        self.exchanges.len() >= MOST || self.bytes >= FULL
    }
}

impl Batch for ParsedBatch {
    type Error = Infallible;

    fn into_exchanges(self) -> impl Iterator<Item = Result<Exchange, Infallible>> {
        self.exchanges.into_iter().map(Ok)
    }
}

impl Batch for EncodedBatch {
    type Error = StoreError;

    fn into_exchanges(self) -> impl Iterator<Item = Result<Exchange, StoreError>> {
        self.exchanges(Detail::ForPlaying)
    }
}

/// The thread that reads.
struct Loader<'scope, 'env, B: Batch> {
    scope: &'scope Scope<'scope, 'env>,
    name: TapeName,
    rules: Option<Rules>,
    config: &'env PlayerConfig,
    /// The first batch, until there is a second one.
    first: Option<B>,
    /// Since the second batch.
    preparing: Option<Preparing<'scope, B>>,
}

/// Where a tape is prepared.
enum Preparing<'scope, B: Batch> {
    There(
        SyncSender<B>,
        ScopedJoinHandle<'scope, Result<TapeBuilder, B::Error>>,
    ),
    /// The system has no further thread for us.
    Here(Box<TapeBuilder>, Result<(), B::Error>),
}

/// Preparing has ended: an exchange can't be decoded, or the other thread panicked.
#[derive(Debug)]
struct Ended;

impl<'scope, 'env, B: Batch + 'scope> Loader<'scope, 'env, B> {
    /// Begins. A thread is started in `scope` once there is a second batch.
    fn new(
        scope: &'scope Scope<'scope, 'env>,
        name: TapeName,
        rules: Option<Rules>,
        config: &'env PlayerConfig,
    ) -> Self {
        Self {
            scope,
            name,
            rules,
            config,
            first: None,
            preparing: None,
        }
    }

    fn send(&mut self, batch: B) -> Result<(), Ended> {
        if let Some(preparing) = &mut self.preparing {
            return preparing.send(batch);
        }
        let Some(first) = self.first.take() else {
            self.first = Some(batch);
            return Ok(());
        };
        let started = self.start();
        let preparing = self.preparing.insert(started);
        preparing.send(first)?;
        preparing.send(batch)
    }

    /// The builder, with everything that was sent.
    fn finish(self) -> Result<TapeBuilder, B::Error> {
        match self.preparing {
            None => {
                let mut builder = TapeBuilder::new(self.name, self.rules.as_ref(), self.config);
                self.first
                    .map_or(Ok(()), |batch| add(&mut builder, batch))?;
                Ok(builder)
            }
            Some(Preparing::There(batches, thread)) => {
                drop(batches);
                thread.join().unwrap_or_else(|panic| resume_unwind(panic))
            }
            Some(Preparing::Here(builder, added)) => added.map(|()| *builder),
        }
    }

    fn start(&self) -> Preparing<'scope, B> {
        let builder = || TapeBuilder::new(self.name.clone(), self.rules.as_ref(), self.config);
        let (sender, batches) = sync_channel(WAITING);
        let mut begun = builder();
        let started = thread::Builder::new()
            .name("player".to_owned())
            .spawn_scoped(self.scope, move || {
                for batch in batches {
                    add(&mut begun, batch)?;
                }
                Ok(begun)
            });
        match started {
            Ok(thread) => Preparing::There(sender, thread),
            Err(_) => Preparing::Here(Box::new(builder()), Ok(())),
        }
    }
}

impl<B: Batch> Preparing<'_, B> {
    fn send(&mut self, batch: B) -> Result<(), Ended> {
        match self {
            Self::There(batches, _) => batches.send(batch).map_err(|_| Ended),
            Self::Here(builder, added) => {
                if added.is_ok() {
                    *added = add(builder, batch);
                }
                added.as_ref().map_err(|_| Ended).copied()
            }
        }
    }
}

fn add<B: Batch>(builder: &mut TapeBuilder, batch: B) -> Result<(), B::Error> {
    for exchange in batch.into_exchanges() {
        builder.push(&exchange?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::tests::tape::exchange;

    /// Exchanges, or the number of one that can't be decoded.
    struct Scripted(Vec<Result<u64, u64>>);

    impl Batch for Scripted {
        type Error = u64;

        fn into_exchanges(self) -> impl Iterator<Item = Result<Exchange, u64>> {
            let seqs = self.0.into_iter();
            seqs.map(|seq| seq.map(|seq| exchange(seq, "PollForJobs", seq.to_string())))
        }
    }

    /// Sends batches until one is refused; gives what was prepared, and whether a thread did it.
    fn load<B: Batch>(batches: impl IntoIterator<Item = B>) -> (Result<Vec<u64>, B::Error>, bool) {
        let config = PlayerConfig::default();
        thread::scope(|scope| {
            let mut loader = Loader::new(scope, "t".parse().unwrap(), None, &config);
            let _ = batches.into_iter().try_for_each(|batch| loader.send(batch));
            let has_thread = matches!(loader.preparing, Some(Preparing::There(..)));
            let seqs = loader.finish().map(|builder| {
                let packed = builder.build().packed;
                packed.positions().map(|at| packed.info(at).seq).collect()
            });
            (seqs, has_thread)
        })
    }

    #[test]
    fn exchanges_keep_their_order_with_a_thread_and_without() {
        for count in [0, 1, 2, 3, 50] {
            let batches = (0..count).map(|n| Scripted(vec![Ok(2 * n + 1), Ok(2 * n + 2)]));
            let expected = (Ok(Vec::from_iter(1..=2 * count)), count >= 2);
            assert_eq!(load(batches), expected, "{count}");
        }
    }

    #[test]
    fn what_can_not_be_decoded_ends_it() {
        for (count, wrong) in [(1, 1), (2, 1), (2, 2), (1000, 500)] {
            let batch = |seq| Scripted(vec![if seq == wrong { Err(seq) } else { Ok(seq) }]);
            assert_eq!(load((1..=count).map(batch)).0, Err(wrong), "{count}");
        }
    }

    #[test]
    fn a_batch_of_a_file_is_full_by_number_or_by_bytes() {
        let mut batch = ParsedBatch::default();
        for seq in 1..MOST as u64 {
            batch.push(exchange(seq, "PollForJobs", "{}"));
            assert!(!batch.is_full(), "{seq}");
        }
        batch.push(exchange(MOST as u64, "PollForJobs", "{}"));
        assert!(batch.is_full());
        let mut batch = ParsedBatch::default();
        batch.push(exchange(1, "PollForJobs", vec![b'x'; FULL]));
        assert!(batch.is_full());
    }
}
