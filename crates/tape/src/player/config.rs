//! How a tape is played: what a caller may choose.

use std::str::FromStr;
use std::time::Duration;

use pipetape_core::Operation;

use crate::matching::MatchBy;
use crate::pointer::Pointer;

/// How a tape is played.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlayerConfig {
    /// What follows when every recorded answer to a request has been given.
    pub exhausted: Exhausted,
    /// The same for single operations. The first one that names an operation counts.
    pub exhausted_by: Vec<(Operation, Exhausted)>,
    /// In which order requests are answered.
    pub order: Order,
    /// How much of a job operation counts when matching.
    pub match_by: MatchBy,
    /// Members of requests that do not count when matching, beside those of the tape's rules.
    pub ignore: Vec<Pointer>,
    /// Whether recorded polls that brought no job are passed over: they are never played, nor left unplayed.
    pub skip_empty_polls: bool,
    /// How long answers wait: see [`Player::play_paced`](crate::Player::play_paced).
    pub latency: Latency,
}

impl PlayerConfig {
    pub(crate) fn exhausted(&self, operation: &Operation) -> Exhausted {
        let mut single = self.exhausted_by.iter();
        let named = single.find(|(name, _)| name == operation);
        named.map_or(self.exhausted, |(_, exhausted)| *exhausted)
    }
}

/// In which order requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Order {
    /// Recorded order among equal requests, any order among different ones.
    #[default]
    Keyed,
    /// Only orders that could have been recorded: an exchange is played once every exchange with a number up to its
    /// [`after`](crate::Exchange::after) was played in the session. One without `after`, as on a tape written by
    /// hand, comes after all that are before it.
    Strict,
}

/// What follows when every recorded answer to a request has been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Exhausted {
    /// A poll gets an empty list of jobs; anything else is a miss.
    #[default]
    Auto,
    /// A miss.
    Error,
    /// The last answer again.
    RepeatLast,
    /// From the first answer on.
    Loop,
}

impl Exhausted {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Exhausted::Auto => "auto",
            Exhausted::Error => "error",
            Exhausted::RepeatLast => "repeat-last",
            Exhausted::Loop => "loop",
        }
    }
}

impl FromStr for Exhausted {
    type Err = UnknownExhausted;

    fn from_str(text: &str) -> Result<Self, UnknownExhausted> {
        [
            Exhausted::Auto,
            Exhausted::Error,
            Exhausted::RepeatLast,
            Exhausted::Loop,
        ]
        .into_iter()
        .find(|choice| choice.name() == text)
        .ok_or(UnknownExhausted)
    }
}

/// A text that is not one of the choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of `auto`, `error`, `repeat-last`, `loop`")]
pub struct UnknownExhausted;

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
    /// The factor is not a number from 0 to 1000.
    pub fn scaled(factor: f64) -> Result<Latency, BadLatency> {
        let good = (0.0..=MOST_FACTOR).contains(&factor);
        good.then_some(Latency { factor }).ok_or(BadLatency)
    }

    /// The wait for what took so many milliseconds.
    pub(crate) fn of(self, recorded_ms: u32) -> Duration {
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

/// A text or a factor that is not a latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not `none`, `recorded`, or a factor from 0 to 1000 such as `0.1`")]
pub struct BadLatency;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for name in ["auto", "error", "repeat-last", "loop"] {
            assert_eq!(name.parse::<Exhausted>().map(Exhausted::name), Ok(name));
        }
        assert_eq!("Loop".parse::<Exhausted>(), Err(UnknownExhausted));
    }

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
