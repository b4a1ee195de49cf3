//! Where a connection stands: written by the stream and the call, read by the watchdog.
//!
//! All of them run in the one task of their connection, so the fields need no ordering between
//! them; they are atomic because the task may move between threads.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32};

/// What a connection is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// The next request.
    Idle = 0,
    /// The rest of a request's head.
    Head = 1,
    /// The rest of its body.
    Body = 2,
    /// Room for its body.
    Room = 3,
    /// The service.
    Call = 4,
    /// The client, which has to take the response.
    Response = 5,
}

/// What is done once every byte written so far has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum AfterFlush {
    /// The connection goes on, as far as HTTP lets it.
    GoOn = 0,
    /// The connection is closed: the response is meant to end here.
    Close = 1,
    /// The connection is closed once the client has stopped sending, so that it can read its answer.
    Linger = 2,
}

#[derive(Debug, Default)]
pub(crate) struct Progress {
    phase: AtomicU8,
    /// Counts changes of phase, so that a whole request between two looks is seen.
    turn: AtomicU32,
    /// Whether the last write or flush found the socket full.
    blocked: AtomicBool,
    /// Counts writes that went through.
    writes: AtomicU32,
    after_flush: AtomicU8,
}

/// A look at [`Progress`]; equal looks mean that nothing moved in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) phase: Phase,
    pub(crate) turn: u32,
    pub(crate) blocked: bool,
    pub(crate) writes: u32,
}

impl Progress {
    pub(crate) fn look(&self) -> Look {
        Look {
            phase: self.phase(),
            turn: self.turn.load(Relaxed),
            blocked: self.blocked.load(Relaxed),
            writes: self.writes.load(Relaxed),
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
        bump(&self.turn);
    }

    pub(crate) fn received(&self) {
        if self.phase() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    pub(crate) fn wrote(&self) {
        self.blocked.store(false, Relaxed);
        bump(&self.writes);
    }

    pub(crate) fn write_blocked(&self) {
        self.blocked.store(true, Relaxed);
    }

    /// Everything written so far has left. A response is written in one go, so it has left whole.
    pub(crate) fn flushed(&self) -> AfterFlush {
        self.blocked.store(false, Relaxed);
        if self.phase() == Phase::Response {
            self.enter(Phase::Idle);
        }
        self.after_flush()
    }

    pub(crate) fn end_after_flush(&self, how: AfterFlush) {
        self.after_flush.store(how as u8, Relaxed);
    }

    pub(crate) fn after_flush(&self) -> AfterFlush {
        match self.after_flush.load(Relaxed) {
            0 => AfterFlush::GoOn,
            1 => AfterFlush::Close,
            _ => AfterFlush::Linger,
        }
    }

    fn phase(&self) -> Phase {
        match self.phase.load(Relaxed) {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Body,
            3 => Phase::Room,
            4 => Phase::Call,
            _ => Phase::Response,
        }
    }
}

/// An increment by the one task that writes: no read-modify-write is needed.
fn bump(counter: &AtomicU32) {
    counter.store(counter.load(Relaxed).wrapping_add(1), Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_request_between_two_looks_is_seen() {
        let progress = Progress::default();
        let before = progress.look();
        progress.received();
        progress.enter(Phase::Call);
        progress.enter(Phase::Response);
        progress.wrote();
        assert_eq!(progress.flushed(), AfterFlush::GoOn);
        let after = progress.look();
        assert_eq!(after.phase, Phase::Idle);
        assert_ne!(before, after);
    }

    #[test]
    fn bytes_within_a_request_and_idle_flushes_change_nothing() {
        let progress = Progress::default();
        progress.received();
        progress.enter(Phase::Body);
        let before = progress.look();
        progress.received();
        progress.flushed();
        assert_eq!(progress.look(), before);
    }
}
