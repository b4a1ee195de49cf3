//! Spans of time.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// Longest that may be asked for.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A time from 1 ms to a day, such as `300ms`, `60s` or `1m 30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period(pub(crate) Duration);

/// A time from nothing to a day, such as `0s` or `30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delay(pub(crate) Duration);

/// A text that is no such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum PeriodError {
    #[error("not a time such as 300ms, 60s or 2min")]
    Malformed,
    #[error("not between 1ms and a day")]
    OutOfRange,
    #[error("longer than a day")]
    TooLong,
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let period = humantime::parse_duration(text).map_err(|_| PeriodError::Malformed)?;
        if (Duration::from_millis(1)..=LONGEST).contains(&period) {
            Ok(Period(period))
        } else {
            Err(PeriodError::OutOfRange)
        }
    }
}

impl FromStr for Delay {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let delay = humantime::parse_duration(text).map_err(|_| PeriodError::Malformed)?;
        if delay <= LONGEST {
            Ok(Delay(delay))
        } else {
            Err(PeriodError::TooLong)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_bounds() {
        for (text, period) in [
            ("1ms", Ok(1)),
            ("300ms", Ok(300)),
            ("60s", Ok(60_000)),
            ("1m 30s", Ok(90_000)),
            ("1day", Ok(86_400_000)),
            ("0s", Err(PeriodError::OutOfRange)),
            ("1us", Err(PeriodError::OutOfRange)),
            ("2days", Err(PeriodError::OutOfRange)),
            ("", Err(PeriodError::Malformed)),
            ("60", Err(PeriodError::Malformed)),
            ("-1s", Err(PeriodError::Malformed)),
            ("soon", Err(PeriodError::Malformed)),
        ] {
            let period = period.map(|millis| Period(Duration::from_millis(millis)));
            assert_eq!(text.parse(), period, "{text}");
        }
    }
    #[test]
    fn a_delay_may_be_none() {
        for (text, delay) in [
            ("0s", Ok(0)),
            ("1day", Ok(86_400_000)),
            ("2days", Err(PeriodError::TooLong)),
            ("0", Ok(0)),
            ("later", Err(PeriodError::Malformed)),
        ] {
            let delay = delay.map(|millis| Delay(Duration::from_millis(millis)));
            assert_eq!(text.parse(), delay, "{text}");
        }
    }
}
