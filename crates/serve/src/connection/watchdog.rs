//! The time limits of one connection.
//!
//! A request that is answered at once must not touch the runtime's timer. So the timer is moved
//! only if a deadline is earlier than it; otherwise it fires early, and is then set to the
//! deadline. Between requests only the idle deadline moves, in memory.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::connection::progress::{Phase, Progress, Snapshot};
use crate::limits::Limits;

/// Which limit the client exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timeout {
    /// No request was received.
    Idle,
    /// A request's head was not complete in time.
    Head,
    /// A request's body was not complete in time, or no byte of a streamed one was received.
    Body,
    /// No byte of a streamed request body was received in time, and the response has already begun.
    BodyWhileStreaming,
    /// There was no memory for a request's body in time.
    Capacity,
    /// The client took no byte of the response.
    Write,
}

/// Compares a connection's [`Progress`] with the limits.
pub(super) struct Watchdog<'a> {
    limits: &'a Limits,
    timer: Pin<Box<Sleep>>,
    /// Whether the timer was polled, and will wake the task.
    armed: bool,
    seen: Snapshot,
    phase_since: Instant,
    write_since: Instant,
}

impl<'a> Watchdog<'a> {
    pub(super) fn new(limits: &'a Limits, progress: &Progress) -> Self {
        let now = Instant::now();
        Self {
            limits,
            timer: Box::pin(sleep_until(now + limits.idle_timeout)),
            armed: false,
            seen: progress.snapshot(),
            phase_since: now,
            write_since: now,
        }
    }

    /// Must be polled after each poll of the connection that left it pending. Ready once a limit is
    /// exceeded.
    pub(super) fn poll(&mut self, progress: &Progress, cx: &mut Context<'_>) -> Poll<Timeout> {
        let snapshot = progress.snapshot();
        if snapshot != self.seen {
            self.note(snapshot);
        } else if self.armed && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        let Some((deadline, timeout)) = self.deadline() else {
            // The service has no deadline. A timer that is still set wakes the task once more,
            // which does no harm.
            return Poll::Pending;
        };
        if self.armed && !self.timer.is_elapsed() && self.timer.deadline() <= deadline {
            return Poll::Pending;
        }
        if Instant::now() >= deadline {
            return Poll::Ready(timeout);
        }
        self.timer.as_mut().reset(deadline);
        self.armed = true;
        match self.timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(timeout),
            Poll::Pending => Poll::Pending,
        }
    }

    fn note(&mut self, snapshot: Snapshot) {
        let now = Instant::now();
        if snapshot.turn != self.seen.turn {
            self.phase_since = now;
        }
        if snapshot.writes != self.seen.writes || snapshot.blocked != self.seen.blocked {
            self.write_since = now;
        }
        self.seen = snapshot;
    }

    /// The next deadline, and which limit it is.
    fn deadline(&self) -> Option<(Instant, Timeout)> {
        let phase = match self.seen.phase {
            Phase::Idle => Some((self.limits.idle_timeout, Timeout::Idle)),
            Phase::Head => Some((self.limits.head_timeout, Timeout::Head)),
            Phase::Body => Some((self.limits.body_timeout, Timeout::Body)),
            Phase::Capacity => Some((self.limits.body_timeout, Timeout::Capacity)),
            Phase::BodyWhileStreaming => {
                Some((self.limits.body_timeout, Timeout::BodyWhileStreaming))
            }
            Phase::Call | Phase::Response | Phase::Streaming => None,
        };
        let phase = phase.map(|(allowed, timeout)| (after(self.phase_since, allowed), timeout));
        let write = self.seen.blocked.then(|| {
            (
                after(self.write_since, self.limits.write_timeout),
                Timeout::Write,
            )
        });
        match (phase, write) {
            (Some(phase), Some(write)) => Some(if write.0 < phase.0 { write } else { phase }),
            (phase, write) => phase.or(write),
        }
    }
}

/// A limit that is too large for the clock is taken as a year.
fn after(since: Instant, allowed: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    since + allowed.min(YEAR)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn limits() -> Limits {
        Limits {
            head_timeout: 30 * SECOND,
            body_timeout: 60 * SECOND,
            idle_timeout: 300 * SECOND,
            write_timeout: 40 * SECOND,
            ..Limits::default()
        }
    }

    async fn look(watchdog: &mut Watchdog<'_>, progress: &Progress) -> Poll<Timeout> {
        poll_fn(|cx| Poll::Ready(watchdog.poll(progress, cx))).await
    }

    /// Waits as a task does: only the timer wakes it.
    async fn timeout(watchdog: &mut Watchdog<'_>, progress: &Progress) -> (Timeout, Duration) {
        let start = Instant::now();
        let timeout = poll_fn(|cx| watchdog.poll(progress, cx)).await;
        (timeout, (Instant::now() - start))
    }

    /// The timer wheel counts in milliseconds and rounds up.
    fn near(duration: Duration, seconds: u32) {
        let off = duration.abs_diff(seconds * SECOND);
        assert!(off < Duration::from_millis(5), "{duration:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn each_phase_has_its_limit() {
        for (phase, expected, seconds) in [
            (Phase::Idle, Timeout::Idle, 300),
            (Phase::Head, Timeout::Head, 30),
            (Phase::Body, Timeout::Body, 60),
            (Phase::Capacity, Timeout::Capacity, 60),
            (Phase::BodyWhileStreaming, Timeout::BodyWhileStreaming, 60),
        ] {
            let limits = limits();
            let progress = Progress::default();
            let mut watchdog = Watchdog::new(&limits, &progress);
            assert!(look(&mut watchdog, &progress).await.is_pending());
            progress.enter(phase);
            let (found, waited) = timeout(&mut watchdog, &progress).await;
            assert_eq!(found, expected);
            near(waited, seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_moves_the_idle_deadline_without_setting_the_timer() {
        let limits = limits();
        let progress = Progress::default();
        let mut watchdog = Watchdog::new(&limits, &progress);
        assert!(look(&mut watchdog, &progress).await.is_pending());
        let set = watchdog.timer.deadline();
        advance(200 * SECOND).await;
        progress.received();
        progress.enter(Phase::Call);
        progress.enter(Phase::Response);
        progress.flushed();
        assert!(look(&mut watchdog, &progress).await.is_pending());
        assert_eq!(watchdog.timer.deadline(), set);
        let (found, waited) = timeout(&mut watchdog, &progress).await;
        assert_eq!(found, Timeout::Idle);
        near(waited, 300);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_do_not_extend_a_head() {
        let limits = limits();
        let progress = Progress::default();
        let mut watchdog = Watchdog::new(&limits, &progress);
        for _ in 0..29 {
            progress.received();
            assert!(look(&mut watchdog, &progress).await.is_pending());
            advance(SECOND).await;
        }
        let (found, waited) = timeout(&mut watchdog, &progress).await;
        assert_eq!(found, Timeout::Head);
        near(waited, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_has_no_deadline() {
        let limits = limits();
        let progress = Progress::default();
        let mut watchdog = Watchdog::new(&limits, &progress);
        assert!(look(&mut watchdog, &progress).await.is_pending());
        progress.enter(Phase::Call);
        advance(3600 * SECOND).await;
        assert!(look(&mut watchdog, &progress).await.is_pending());
        progress.enter(Phase::Response);
        progress.flushed();
        let (found, waited) = timeout(&mut watchdog, &progress).await;
        assert_eq!(found, Timeout::Idle);
        near(waited, 300);
    }

    #[tokio::test(start_paused = true)]
    async fn a_blocked_write_is_extended_by_progress_alone() {
        let limits = limits();
        let progress = Progress::default();
        let mut watchdog = Watchdog::new(&limits, &progress);
        progress.enter(Phase::Response);
        progress.write_blocked();
        assert!(look(&mut watchdog, &progress).await.is_pending());
        advance(39 * SECOND).await;
        progress.write_blocked();
        assert!(look(&mut watchdog, &progress).await.is_pending());
        progress.wrote();
        progress.write_blocked();
        let (found, waited) = timeout(&mut watchdog, &progress).await;
        assert_eq!(found, Timeout::Write);
        near(waited, 40);
    }
}
