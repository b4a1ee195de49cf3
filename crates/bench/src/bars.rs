//! The bars: limits that the project has set itself, and whether measurements keep to them.

use std::fmt;

/// A limit that a measured value is held to.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    AtLeast(f64, Unit),
    AtMost(f64, Unit),
}

/// What a bar's number counts.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Ratio,
    Milliseconds,
    Megabytes,
}

impl Unit {
    /// A measured value, to as many places as the measurement is worth.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{value:.2}"),
            Self::Milliseconds if value.abs() < 10.0 => format!("{value:.3} ms"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Megabytes => format!("{value:.1} MB"),
        }
    }
}

/// Requests per second of a replay, against a bare server with a fixed answer.
pub(crate) const REPLAY: Bar = Bar::AtLeast(0.90, Unit::Ratio);
/// The same, of a tape of 10,000 exchanges against a tape of one.
pub(crate) const REPLAY_10_000: Bar = Bar::AtLeast(0.90, Unit::Ratio);
/// The same, of a store of 1,000,000 exchanges against a tape of one.
pub(crate) const REPLAY_1_000_000: Bar = Bar::AtLeast(0.75, Unit::Ratio);
/// Requests per second of a recording, against a bare reverse proxy.
pub(crate) const RECORD: Bar = Bar::AtLeast(0.50, Unit::Ratio);
/// The same of a recording after 1,000,000 exchanges, against its beginning.
pub(crate) const RECORD_1_000_000: Bar = Bar::AtLeast(0.75, Unit::Ratio);
/// Bytes of a store, against those of the exchanges in it.
pub(crate) const STORE_SIZE: Bar = Bar::AtMost(2.5, Unit::Ratio);
/// What a recording adds to the median latency of a bare reverse proxy.
pub(crate) const RECORD_ADDED: Bar = Bar::AtMost(1.0, Unit::Milliseconds);
/// From the start of the process to the first answer.
pub(crate) const START_1: Bar = Bar::AtMost(10.0, Unit::Milliseconds);
pub(crate) const START_10_000: Bar = Bar::AtMost(60.0, Unit::Milliseconds);
pub(crate) const START_1_000_000: Bar = Bar::AtMost(2500.0, Unit::Milliseconds);
/// Peak memory.
pub(crate) const MEMORY_10_000: Bar = Bar::AtMost(20.0, Unit::Megabytes);
pub(crate) const MEMORY_1_000_000: Bar = Bar::AtMost(500.0, Unit::Megabytes);

impl Bar {
    fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(limit, _) => value >= limit,
            Self::AtMost(limit, _) => value <= limit,
        }
    }

    fn unit(self) -> Unit {
        let (Self::AtLeast(_, unit) | Self::AtMost(_, unit)) = self;
        unit
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, limit, unit) = match *self {
            Self::AtLeast(limit, unit) => ("≥", limit, unit),
            Self::AtMost(limit, unit) => ("≤", limit, unit),
        };
        match unit {
            Unit::Ratio => write!(f, "{sign} {limit:.2}"),
            Unit::Milliseconds => write!(f, "{sign} {limit} ms"),
            Unit::Megabytes => write!(f, "{sign} {limit} MB"),
        }
    }
}

/// Holds values to bars and keeps count.
#[derive(Default)]
pub(crate) struct Verdicts {
    met: u32,
    not_met: u32,
}

impl Verdicts {
    /// The cells of a row for a value, its bar and the verdict. A missed bar is shown; the run does not fail.
    pub(crate) fn judge(&mut self, value: f64, bar: Bar) -> [String; 3] {
        let verdict = if bar.is_met_by(value) {
            self.met += 1;
            "met"
        } else {
            self.not_met += 1;
            "NOT MET"
        };
        [bar.unit().show(value), bar.to_string(), verdict.to_owned()]
    }
}

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bars: {} met, {} not met", self.met, self.not_met)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_themselves_are_met() {
        let mut verdicts = Verdicts::default();
        assert_eq!(verdicts.judge(0.90, REPLAY), ["0.90", "≥ 0.90", "met"]);
        assert_eq!(
            verdicts.judge(0.8949, REPLAY),
            ["0.89", "≥ 0.90", "NOT MET"]
        );
        assert_eq!(
            verdicts.judge(60.0, START_10_000),
            ["60.0 ms", "≤ 60 ms", "met"]
        );
        assert_eq!(
            verdicts.judge(20.1, MEMORY_10_000),
            ["20.1 MB", "≤ 20 MB", "NOT MET"]
        );
        assert_eq!(verdicts.to_string(), "bars: 2 met, 2 not met");
    }
}
