//! How long answers wait.

use std::str::FromStr;
use std::time::Duration;

/// Longest wait. Recorded latencies are shorter: SDKs give up after a minute, and so does a recording proxy.
const MOST: Duration = Duration::from_secs(60);
/// Largest factor.
const MOST_FACTOR: f64 = 1000.0;

/// How long an answer waits, by the time it took when it was recorded: a factor of it, at most a minute.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Latency {
    factor: f64,
}

impl Latency {
    /// Not at all.
    pub const NONE: Latency = Latency { factor: 0.0 };
    /// As long as it took.
    pub const RECORDED: Latency = Latency { factor: 1.0 };

    /// That many times as long as it took.
    ///
    /// # Errors
    ///
    /// The factor is no number from 0 to 1000.
    pub fn scaled(factor: f64) -> Result<Latency, BadLatency> {
        let good = (0.0..=MOST_FACTOR).contains(&factor);
        good.then_some(Latency { factor }).ok_or(BadLatency)
    }

    /// The wait for what took so many milliseconds.
    pub(super) fn of(self, recorded_ms: u32) -> Duration {
        // Most replays do not wait, and need no arithmetic to see it.
        if self == Latency::NONE {
            return Duration::ZERO;
        }
        let seconds = f64::from(recorded_ms) / 1000.0 * self.factor;
        Duration::from_secs_f64(seconds.min(MOST.as_secs_f64()))
    }
}

impl FromStr for Latency {
    type Err = BadLatency;

    fn from_str(text: &str) -> Result<Self, BadLatency> {
        match text {
            "none" => Ok(Latency::NONE),
            "recorded" => Ok(Latency::RECORDED),
            factor => Latency::scaled(factor.parse().map_err(|_| BadLatency)?),
        }
    }
}

/// What is no latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not `none`, `recorded`, or a factor from 0 to 1000 such as `0.1`")]
pub struct BadLatency;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_scaled_and_bounded() {
        for (text, recorded_ms, wait_ms) in [
            ("none", 41, 0),
            ("0", u32::MAX, 0),
            ("recorded", 41, 41),
            ("0.1", 410, 41),
            ("2.5", 1000, 2500),
            ("recorded", 60_001, 60_000),
            ("1000", u32::MAX, 60_000),
            ("1e-9", 1, 0),
        ] {
            let latency: Latency = text.parse().unwrap();
            let wait = latency.of(recorded_ms).as_millis();
            assert_eq!(wait, wait_ms, "{text} {recorded_ms}");
        }
        for text in ["", "-0.1", "1001", "inf", "NaN", "Recorded", "0.1x", "1,5"] {
            assert_eq!(text.parse::<Latency>(), Err(BadLatency), "{text}");
        }
    }
}
