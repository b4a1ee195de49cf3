//! What a connection is doing: written by the stream and the call, read by the watchdog.
//!
//! All of them run in the one task of their connection, so the fields need no ordering between
//! them; they are atomic because the task may move between threads.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32};

/// What a connection is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// The next request.
    Idle = 0,
    /// The rest of a request's head.
    Head = 1,
    /// The rest of its body.
    Body = 2,
    /// Memory for its body.
    Capacity = 3,
    /// The service.
    Call = 4,
    /// The client, which has to take the rest of the response.
    Response = 5,
    /// The service, for more of a streamed response.
    Streaming = 6,
    /// The rest of a streamed request body, although the response has already begun.
    BodyWhileStreaming = 7,
}

/// What to do once every byte written so far has been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum AfterFlush {
    /// The connection continues, if HTTP allows it.
    Continue = 0,
    /// Close the connection: the response is meant to end here.
    Close = 1,
    /// Close it once the client has stopped sending, so that the client can read its answer.
    Linger = 2,
}

/// The state that the parties of one connection share.
#[derive(Debug, Default)]
pub(super) struct Progress {
    phase: AtomicU8,
    /// Counts changes of phase, so that a whole request between two snapshots is noticed.
    turn: AtomicU32,
    /// Whether the last write or flush found the socket full.
    blocked: AtomicBool,
    /// Counts writes that succeeded.
    writes: AtomicU32,
    after_flush: AtomicU8,
    /// Whether the service did not read a streamed request body to its end.
    body_unread: AtomicBool,
}

/// The values of [`Progress`] at one moment; two equal snapshots mean that nothing moved in
/// between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    pub(super) phase: Phase,
    pub(super) turn: u32,
    pub(super) blocked: bool,
    pub(super) writes: u32,
}

impl Progress {
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            phase: self.phase(),
            turn: self.turn.load(Relaxed),
            blocked: self.blocked.load(Relaxed),
            writes: self.writes.load(Relaxed),
        }
    }

    /// The connection waits for something else from now on.
    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
        bump(&self.turn);
    }

    /// Bytes were received.
    pub(super) fn received(&self) {
        if self.phase() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// The socket took bytes, or failed.
    pub(super) fn wrote(&self) {
        self.blocked.store(false, Relaxed);
        bump(&self.writes);
    }

    /// The socket took no bytes.
    pub(super) fn write_blocked(&self) {
        self.blocked.store(true, Relaxed);
    }

    /// Every byte written so far has been sent; says what follows.
    pub(super) fn flushed(&self) -> AfterFlush {
        self.blocked.store(false, Relaxed);
        if self.phase() == Phase::Response {
            self.enter(Phase::Idle);
        }
        self.after_flush()
    }

    /// A streamed request body has to be waited for.
    pub(super) fn body_awaited(&self) {
        match self.phase() {
            Phase::Call => self.enter(Phase::Body),
            Phase::Streaming => self.enter(Phase::BodyWhileStreaming),
            _ => {}
        }
    }

    /// A piece of a streamed request body was received, or the service does not wait for it any
    /// more.
    pub(super) fn body_not_awaited(&self) {
        match self.phase() {
            Phase::Body => self.enter(Phase::Call),
            Phase::BodyWhileStreaming => self.enter(Phase::Streaming),
            _ => {}
        }
    }

    /// The service has dropped a streamed request body before its end: the connection cannot be
    /// used for another request.
    pub(super) fn leave_body_unread(&self) {
        self.body_unread.store(true, Relaxed);
    }

    pub(super) fn is_body_unread(&self) -> bool {
        self.body_unread.load(Relaxed)
    }

    /// hyper has the whole response; what remains is to send it.
    pub(super) fn response_complete(&self) {
        self.enter(Phase::Response);
        if self.is_body_unread() {
            self.end_after_flush(AfterFlush::Linger);
        }
    }

    /// Sets what happens after the next flush.
    pub(super) fn end_after_flush(&self, how: AfterFlush) {
        self.after_flush.store(how as u8, Relaxed);
    }

    pub(super) fn after_flush(&self) -> AfterFlush {
        match self.after_flush.load(Relaxed) {
            0 => AfterFlush::Continue,
            1 => AfterFlush::Close,
            _ => AfterFlush::Linger,
        }
    }

    fn phase(&self) -> Phase {
        match self.phase.load(Relaxed) {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Body,
            3 => Phase::Capacity,
            4 => Phase::Call,
            5 => Phase::Response,
            6 => Phase::Streaming,
            _ => Phase::BodyWhileStreaming,
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
    fn a_whole_request_between_two_snapshots_is_noticed() {
        let progress = Progress::default();
        let before = progress.snapshot();
        progress.received();
        progress.enter(Phase::Call);
        progress.enter(Phase::Response);
        progress.wrote();
        assert_eq!(progress.flushed(), AfterFlush::Continue);
        let after = progress.snapshot();
        assert_eq!(after.phase, Phase::Idle);
        assert_ne!(before, after);
    }

    #[test]
    fn bytes_within_a_request_and_idle_flushes_change_nothing() {
        let progress = Progress::default();
        progress.received();
        progress.enter(Phase::Body);
        let before = progress.snapshot();
        progress.received();
        progress.flushed();
        assert_eq!(progress.snapshot(), before);
    }
}
