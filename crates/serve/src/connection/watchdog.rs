//! The clock of one connection.
//!
//! A request that is answered at once, on a connection that stays open, must not touch the runtime's
//! timer: the timer is set to an earlier moment when a deadline calls for it, and otherwise left to go
//! off early and be set again. Between requests only the deadline for idleness is moved, in memory.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::connection::progress::{Look, Phase, Progress};
use crate::limits::Limits;

/// Which bound a client ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Late {
    /// No request came.
    Idle,
    /// A request's head was not complete in time.
    Head,
    /// A request's body was not complete in time.
    Body,
    /// There was no room for a request's body.
    Room,
    /// The client took no byte of what was sent.
    Write,
}

pub(crate) struct Watchdog<'a> {
    limits: &'a Limits,
    timer: Pin<Box<Sleep>>,
    /// Whether the timer runs, and will wake the task.
    armed: bool,
    seen: Look,
    phase_since: Instant,
    write_since: Instant,
}

impl<'a> Watchdog<'a> {
    pub(crate) fn new(limits: &'a Limits, progress: &Progress) -> Watchdog<'a> {
        let now = Instant::now();
        Watchdog {
            limits,
            timer: Box::pin(sleep_until(now + limits.idle_timeout)),
            armed: false,
            seen: progress.look(),
            phase_since: now,
            write_since: now,
        }
    }

    /// To be polled after each poll of the connection that left it pending.
    pub(crate) fn poll(&mut self, progress: &Progress, cx: &mut Context<'_>) -> Poll<Late> {
        let look = progress.look();
        if look != self.seen {
            self.note(look);
        } else if self.armed && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        let Some((deadline, late)) = self.deadline() else {
            // The service's turn: no timer of ours. One that runs on wakes us once, for nothing.
            return Poll::Pending;
        };
        if self.armed && !self.timer.is_elapsed() && self.timer.deadline() <= deadline {
            return Poll::Pending;
        }
        if Instant::now() >= deadline {
            return Poll::Ready(late);
        }
        self.timer.as_mut().reset(deadline);
        self.armed = true;
        match self.timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(late),
            Poll::Pending => Poll::Pending,
        }
    }

    fn note(&mut self, look: Look) {
        let now = Instant::now();
        if look.turn != self.seen.turn {
            self.phase_since = now;
        }
        if look.writes != self.seen.writes || look.blocked != self.seen.blocked {
            self.write_since = now;
        }
        self.seen = look;
    }

    /// The next deadline, and what it means to miss it.
    fn deadline(&self) -> Option<(Instant, Late)> {
        let phase = match self.seen.phase {
            Phase::Idle => Some((self.limits.idle_timeout, Late::Idle)),
            Phase::Head => Some((self.limits.head_timeout, Late::Head)),
            Phase::Body => Some((self.limits.body_timeout, Late::Body)),
            Phase::Room => Some((self.limits.body_timeout, Late::Room)),
            Phase::Call | Phase::Response => None,
        };
        let phase = phase.map(|(allowed, late)| (after(self.phase_since, allowed), late));
        let write = self.seen.blocked.then(|| {
            (
                after(self.write_since, self.limits.write_timeout),
                Late::Write,
            )
        });
        match (phase, write) {
            (Some(phase), Some(write)) => Some(if write.0 < phase.0 { write } else { phase }),
            (phase, write) => phase.or(write),
        }
    }
}

/// A limit too large for the clock means never, which a year is near enough to.
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

    async fn look(watchdog: &mut Watchdog<'_>, progress: &Progress) -> Poll<Late> {
        poll_fn(|cx| Poll::Ready(watchdog.poll(progress, cx))).await
    }

    /// Waits as a task does: woken by nothing but the timer.
    async fn late(watchdog: &mut Watchdog<'_>, progress: &Progress) -> (Late, Duration) {
        let start = Instant::now();
        let late = poll_fn(|cx| watchdog.poll(progress, cx)).await;
        (late, (Instant::now() - start))
    }

    /// The timer wheel counts in milliseconds and rounds up.
    fn near(duration: Duration, seconds: u32) {
        let off = duration.abs_diff(seconds * SECOND);
        assert!(off < Duration::from_millis(5), "{duration:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn each_phase_has_its_bound() {
        for (phase, expected, seconds) in [
            (Phase::Idle, Late::Idle, 300),
            (Phase::Head, Late::Head, 30),
            (Phase::Body, Late::Body, 60),
            (Phase::Room, Late::Room, 60),
        ] {
            let limits = limits();
            let progress = Progress::default();
            let mut watchdog = Watchdog::new(&limits, &progress);
            assert!(look(&mut watchdog, &progress).await.is_pending());
            progress.enter(phase);
            let (found, waited) = late(&mut watchdog, &progress).await;
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
        let (found, waited) = late(&mut watchdog, &progress).await;
        assert_eq!(found, Late::Idle);
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
        let (found, waited) = late(&mut watchdog, &progress).await;
        assert_eq!(found, Late::Head);
        near(waited, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_may_take_its_time() {
        let limits = limits();
        let progress = Progress::default();
        let mut watchdog = Watchdog::new(&limits, &progress);
        assert!(look(&mut watchdog, &progress).await.is_pending());
        progress.enter(Phase::Call);
        advance(3600 * SECOND).await;
        assert!(look(&mut watchdog, &progress).await.is_pending());
        progress.enter(Phase::Response);
        progress.flushed();
        let (found, waited) = late(&mut watchdog, &progress).await;
        assert_eq!(found, Late::Idle);
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
        let (found, waited) = late(&mut watchdog, &progress).await;
        assert_eq!(found, Late::Write);
        near(waited, 40);
    }
}
