//! A player that is built on a thread of its own, while its exchanges are still being read: on two cores a large
//! tape is ready in about half the time.

use std::mem;
use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::builder::PlayerBuilder;
use crate::exchange::Exchange;

/// Exchanges that are handed over at once. A tape with fewer needs no thread.
const PIECE: usize = 128;
/// Pieces that may wait, so that reading never runs far ahead.
const AHEAD: usize = 4;

/// Takes exchanges in the tape's order.
pub(super) struct Beside {
    /// On this thread, until there is enough to do, or where the system gives no other.
    here: Option<Box<PlayerBuilder>>,
    there: Option<Worker>,
    piece: Vec<Exchange>,
}

/// The other thread, and the way to it.
struct Worker {
    pieces: SyncSender<Vec<Exchange>>,
    thread: JoinHandle<Option<Box<PlayerBuilder>>>,
}

impl Beside {
    pub(super) fn new(builder: PlayerBuilder) -> Beside {
        Beside {
            here: Some(Box::new(builder)),
            there: None,
            piece: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, exchange: Exchange) {
        self.piece.push(exchange);
        if self.piece.len() == PIECE {
            if self.there.is_none() {
                self.move_there();
            }
            self.hand_over();
        }
    }

    /// The builder, when it has all exchanges.
    #[expect(clippy::expect_used, reason = "the builder is here or there")]
    pub(super) fn finish(mut self) -> PlayerBuilder {
        self.hand_over();
        let there = self.there.and_then(|Worker { pieces, thread }| {
            drop(pieces);
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        });
        *there.or(self.here).expect("a builder")
    }

    fn hand_over(&mut self) {
        let piece = mem::take(&mut self.piece);
        match (&self.there, &mut self.here) {
            // Fails where the thread has panicked, which `finish` passes on.
            (Some(worker), _) => drop(worker.pieces.send(piece)),
            (None, Some(builder)) => push_all(builder, piece),
            (None, None) => {}
        }
    }

    fn move_there(&mut self) {
        let (hand, handed) = sync_channel::<Box<PlayerBuilder>>(1);
        let (pieces, waiting) = sync_channel(AHEAD);
        let thread = thread::Builder::new()
            .name("player-builder".to_owned())
            .spawn(move || {
                let mut builder = handed.recv().ok()?;
                for piece in waiting {
                    push_all(&mut builder, piece);
                }
                Some(builder)
            });
        if let Ok(thread) = thread
            && let Some(builder) = self.here.take()
        {
            match hand.send(builder) {
                Ok(()) => self.there = Some(Worker { pieces, thread }),
                Err(unsent) => self.here = Some(unsent.0),
            }
        }
    }
}

fn push_all(builder: &mut PlayerBuilder, piece: Vec<Exchange>) {
    for exchange in piece {
        builder.push(&exchange);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use pipetape_core::Operation;

    use super::*;
    use crate::exchange::{Outcome, RecordedRequest};
    use crate::fault::Fault;
    use crate::name::SessionName;
    use crate::player::{Answer, PlayerConfig};

    #[test]
    fn all_exchanges_are_there_in_order_however_many() {
        for count in [0, 1, PIECE - 1, PIECE, PIECE + 1, 10 * PIECE + 7] {
            let name = "t".parse().unwrap();
            let builder = PlayerBuilder::new(name, None, PlayerConfig::default());
            let mut beside = Beside::new(builder);
            let body = |n: usize| Bytes::from(format!("{{\"jobId\":\"{n}\"}}"));
            for n in 0..count {
                beside.push(Exchange {
                    seq: n as u64 + 1,
                    after: None,
                    operation: Operation::GetJobDetails,
                    recorded_at: None,
                    latency_ms: None,
                    request: RecordedRequest {
                        headers: None,
                        body: body(n),
                    },
                    outcome: Outcome::Fault(Fault::Reset),
                });
            }
            assert_eq!(beside.there.is_some(), count >= PIECE, "{count}");
            let player = beside.finish().build();
            let (unplayed, total) = player.unplayed(None, usize::MAX);
            assert_eq!(total, count);
            assert!((1..).zip(&unplayed).all(|(seq, left)| left.seq == seq));
            for n in 0..count {
                let session = SessionName::default();
                let answer = player.play(&session, &Operation::GetJobDetails, &body(n));
                assert!(matches!(answer, Ok(Answer::Reset)), "{n} of {count}");
            }
        }
    }
}
