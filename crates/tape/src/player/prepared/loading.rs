//! Reads and prepares a tape at the same time.

use std::mem;
use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use super::builder::TapeBuilder;
use crate::exchange::Exchange;
use crate::name::TapeName;
use crate::player::config::PlayerConfig;
use crate::rules::Rules;

/// Most exchanges in a load, and how many bytes of bodies fill one. A tape that fills none needs no thread.
const MOST: usize = 128;
const FULL: usize = 128 * 1024;
/// How many loads wait: an exchange may have megabytes.
const WAITING: usize = 2;

/// Takes a tape's exchanges one by one, as a [`TapeBuilder`] does.
pub(crate) struct Building<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    empty: Empty,
    load: Vec<Exchange>,
    bytes: usize,
    /// Once it is known whether it is worth a thread.
    builder: Option<Builder<'scope>>,
}

/// What an empty builder is made of.
#[derive(Clone)]
pub(crate) struct Empty {
    pub(crate) name: TapeName,
    pub(crate) rules: Option<Rules>,
    pub(crate) config: PlayerConfig,
}

/// Where the builder is.
enum Builder<'scope> {
    /// The system had no thread to give.
    Here(Box<TapeBuilder>),
    There(
        SyncSender<Vec<Exchange>>,
        ScopedJoinHandle<'scope, TapeBuilder>,
    ),
}

impl Empty {
    fn builder(self) -> TapeBuilder {
        TapeBuilder::new(self.name, self.rules, &self.config)
    }
}

impl<'scope, 'env> Building<'scope, 'env> {
    /// Begins. A thread is started in `scope` once it is worth it.
    pub(crate) fn new(scope: &'scope Scope<'scope, 'env>, empty: Empty) -> Building<'scope, 'env> {
        Building {
            scope,
            empty,
            load: Vec::new(),
            bytes: 0,
            builder: None,
        }
    }

    /// Adds the exchange behind the last one.
    pub(crate) fn push(&mut self, exchange: Exchange) {
        let response = exchange.outcome.response();
        self.bytes += exchange.request.body.len();
        self.bytes += response.map_or(0, |response| response.body.len());
        self.load.push(exchange);
        if self.load.len() >= MOST || self.bytes >= FULL {
            self.hand_over();
        }
    }

    /// The builder, with all that was pushed.
    pub(crate) fn finish(self) -> TapeBuilder {
        match self.builder {
            None => with(self.empty.builder(), self.load),
            Some(Builder::Here(builder)) => with(*builder, self.load),
            Some(Builder::There(loads, thread)) => {
                // Refused where the thread has ended, which joining it tells.
                let _ = loads.send(self.load);
                drop(loads);
                thread.join().unwrap_or_else(|panic| resume_unwind(panic))
            }
        }
    }

    fn hand_over(&mut self) {
        let load = mem::take(&mut self.load);
        self.bytes = 0;
        let start = || start(self.scope, &self.empty);
        match self.builder.get_or_insert_with(start) {
            Builder::There(loads, _) => _ = loads.send(load),
            Builder::Here(builder) => load.iter().for_each(|exchange| builder.push(exchange)),
        }
    }
}

fn start<'scope>(scope: &'scope Scope<'scope, '_>, empty: &Empty) -> Builder<'scope> {
    let (sender, loads) = sync_channel(WAITING);
    let begun = empty.clone();
    let started = thread::Builder::new()
        .name("player".to_owned())
        .spawn_scoped(scope, move || loads.into_iter().fold(begun.builder(), with));
    match started {
        Ok(thread) => Builder::There(sender, thread),
        Err(_) => Builder::Here(Box::new(empty.clone().builder())),
    }
}

fn with(mut builder: TapeBuilder, load: Vec<Exchange>) -> TapeBuilder {
    for exchange in load {
        builder.push(&exchange);
    }
    builder
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use pipetape_core::Operation;

    use super::*;
    use crate::exchange::{Outcome, RecordedRequest};
    use crate::fault::Fault;

    fn exchange(seq: u64, body: Vec<u8>) -> Exchange {
        Exchange {
            seq,
            after: None,
            operation: Operation::AcknowledgeJob,
            recorded_at: None,
            latency_ms: None,
            request: RecordedRequest {
                headers: None,
                body: Bytes::from(body),
            },
            outcome: Outcome::Fault(Fault::Reset),
        }
    }

    /// Builds of these bodies; gives the numbers in the order in which they play, and whether there was a thread.
    fn build(bodies: Vec<Vec<u8>>) -> (Vec<u64>, bool) {
        thread::scope(|scope| {
            let empty = Empty {
                name: "t".parse().unwrap(),
                rules: None,
                config: PlayerConfig::default(),
            };
            let mut building = Building::new(scope, empty);
            for (seq, body) in (1..).zip(bodies) {
                building.push(exchange(seq, body));
            }
            let has_thread = matches!(building.builder, Some(Builder::There(..)));
            let packed = building.finish().build().packed;
            let seqs = packed.positions().map(|at| packed.info(at).seq).collect();
            (seqs, has_thread)
        })
    }

    #[test]
    fn exchanges_keep_their_order_with_a_thread_and_without() {
        for count in [0, 1, MOST - 1, MOST, MOST + 1, 10 * MOST, 10 * MOST + 7] {
            let bodies = (0..count).map(|n| format!("{{\"n\":{n}}}").into_bytes());
            let (seqs, has_thread) = build(bodies.collect());
            assert_eq!(seqs, Vec::from_iter(1..=count as u64));
            assert_eq!(has_thread, count >= MOST, "{count}");
        }
    }

    #[test]
    fn large_bodies_do_not_wait_for_more() {
        let (seqs, has_thread) = build(vec![vec![b'x'; FULL], b"{}".to_vec()]);
        assert_eq!((seqs, has_thread), (vec![1, 2], true));
    }
}
