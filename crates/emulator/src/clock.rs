//! The time, as a seam: tests and the admin route `clock` move it, so nobody waits for a timeout.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// The emulator's clock. Clones share one clock.
///
/// Every deadline of a job is on [`Clock::now`], which can be moved forwards and never goes back.
/// Signatures are checked against [`Clock::wall`], which does not move along: the clients' clocks
/// do not either.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use pipetape_emulator::Clock;
///
/// let clock = Clock::manual(SystemTime::UNIX_EPOCH);
/// clock.advance(Duration::from_secs(30));
/// assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(30));
/// assert_eq!(clock.wall(), SystemTime::UNIX_EPOCH);
/// ```
#[derive(Debug, Clone)]
pub struct Clock {
    base: Base,
    /// In nanoseconds.
    advanced: Arc<AtomicU64>,
}

#[derive(Debug, Clone, Copy)]
enum Base {
    /// Runs by itself. The instant keeps `now` from following a system clock that is set back.
    System {
        started: SystemTime,
        instant: Instant,
    },
    Manual(SystemTime),
}

impl Clock {
    /// The furthest that a clock can be advanced in all: far beyond any deadline, and still within
    /// what a point in time can hold.
    pub const FURTHEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

    /// The system's clock. It can be advanced, too.
    pub fn system() -> Clock {
        Clock::based(Base::System {
            started: SystemTime::now(),
            instant: Instant::now(),
        })
    }

    /// A clock that stays at `start` until it is advanced.
    pub fn manual(start: SystemTime) -> Clock {
        Clock::based(Base::Manual(start))
    }

    fn based(base: Base) -> Clock {
        Clock {
            base,
            advanced: Arc::new(AtomicU64::new(0)),
        }
    }

    /// The time that jobs live by.
    pub fn now(&self) -> SystemTime {
        let base = match self.base {
            Base::System { started, instant } => started + instant.elapsed(),
            Base::Manual(start) => start,
        };
        base + self.advanced()
    }

    /// The time without what the clock was advanced by: the one that clients sign with.
    pub fn wall(&self) -> SystemTime {
        match self.base {
            Base::System { .. } => SystemTime::now(),
            Base::Manual(start) => start,
        }
    }

    /// Moves the time forwards, at most [`Clock::FURTHEST`] in all.
    pub fn advance(&self, by: Duration) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let (by, most) = (nanos(by), nanos(Clock::FURTHEST));
        let further = |advanced: u64| Some(advanced.saturating_add(by).min(most));
        // The closure always gives a value, so this does not fail.
        let _ = self
            .advanced
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, further);
    }

    /// How far the clock was moved in all.
    pub fn advanced(&self) -> Duration {
        Duration::from_nanos(self.advanced.load(Ordering::SeqCst))
    }
}

/// The system's clock.
impl Default for Clock {
    fn default() -> Clock {
        Clock::system()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stops_at_its_furthest() {
        let clock = Clock::system();
        clock.advance(Duration::MAX);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.advanced(), Clock::FURTHEST);
        assert!(clock.now() > clock.wall());
    }

    #[test]
    fn clones_move_together() {
        let clock = Clock::manual(SystemTime::UNIX_EPOCH);
        let other = clock.clone();
        other.advance(Duration::from_secs(3));
        assert_eq!(clock.advanced(), Duration::from_secs(3));
    }
}
