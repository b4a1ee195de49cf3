//! The values of flags: addresses, sizes, times, log filters, and values that an error must not
//! repeat.

use std::ffi::OsStr;
use std::fmt::Display;
use std::marker::PhantomData;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use thiserror::Error;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// The largest `--max-body`, in bytes: a body has to fit into memory several times.
const LARGEST: usize = 256 * 1024 * 1024;
/// The longest time that a flag may set.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// An address and port to listen on. `localhost` means 127.0.0.1; other names are not looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListenAddress(pub(crate) SocketAddr);

/// The text is not a valid [`ListenAddress`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an address with a port, such as 127.0.0.1:4577 or [::1]:0")]
pub(crate) struct NotAnAddress;

impl FromStr for ListenAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let address = match text.strip_prefix("localhost:") {
            Some(port) => port
                .parse()
                .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
                .map_err(|_| NotAnAddress),
            None => text.parse().map_err(|_| NotAnAddress),
        };
        address.map(ListenAddress)
    }
}

/// A number of bytes from 1 to 256 MiB: plain, or with a unit (`KiB` and `MiB`, or `KB` and `MB` in
/// thousands), in upper or lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) usize);

/// The text is not a valid [`Size`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum SizeError {
    #[error("not a size such as 500KB, 16MiB or 1048576")]
    Malformed,
    #[error("not between 1 byte and 256MiB")]
    OutOfRange,
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = match unit.trim_start().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" => 1_000,
            "kib" => 1_024,
            "mb" => 1_000_000,
            "mib" => 1_048_576,
            _ => return Err(SizeError::Malformed),
        };
        if number.is_empty() {
            return Err(SizeError::Malformed);
        }
        number
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_mul(unit))
            .filter(|bytes| (1..=LARGEST).contains(bytes))
            .map(Size)
            .ok_or(SizeError::OutOfRange)
    }
}

/// A time from 1 ms to a day, such as `300ms`, `60s` or `1m 30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period(pub(crate) Duration);

/// A time from zero to a day, such as `0s` or `30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delay(pub(crate) Duration);

/// The text is not a valid [`Period`] or [`Delay`].
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
            Ok(Self(period))
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
            Ok(Self(delay))
        } else {
            Err(PeriodError::TooLong)
        }
    }
}

/// `--log`: a level for everything, and levels of single parts.
///
/// Unlike in tracing's own syntax, a bare word has to be a level: otherwise a misspelt level would
/// pass as the name of a part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LogFilter(pub(crate) Targets);

/// The text is not a valid [`LogFilter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a level (off, error, warn, info, debug, trace), nor a list such as info,pipetape_proxy=debug"
)]
pub(crate) struct NotAFilter;

impl FromStr for LogFilter {
    type Err = NotAFilter;

    fn from_str(text: &str) -> Result<Self, NotAFilter> {
        let level = |text: &str| LevelFilter::from_str(text.trim()).map_err(|_| NotAFilter);
        let mut targets = Targets::new();
        for directive in text.split(',') {
            targets = match directive.split_once('=') {
                Some((target, _)) if target.trim().is_empty() => return Err(NotAFilter),
                Some((target, of_target)) => targets.with_target(target.trim(), level(of_target)?),
                None if directive.trim().is_empty() => return Err(NotAFilter),
                None => targets.with_default(level(directive)?),
            };
        }
        Ok(Self(targets))
    }
}

/// Parses a `T` as clap's own parser does, but its errors do not repeat the value: people paste
/// URLs with a password in them.
#[derive(Debug, Clone)]
pub(crate) struct Unshown<T>(PhantomData<T>);

impl<T> Unshown<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> TypedValueParser for Unshown<T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: Display,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let reason = match value.to_str().map(str::parse::<T>) {
            Some(Ok(value)) => return Ok(value),
            Some(Err(error)) => error.to_string(),
            None => "not UTF-8".to_owned(),
        };
        let name = arg.map(ToString::to_string).unwrap_or_default();
        let message = format!("invalid value for '{name}': {reason}\n");
        Err(Error::raw(ErrorKind::ValueValidation, message).with_cmd(command))
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn addresses_have_a_port() {
        for (text, address) in [
            ("127.0.0.1:0", Ok("127.0.0.1:0")),
            ("localhost:80", Ok("127.0.0.1:80")),
            ("[::1]:4577", Ok("[::1]:4577")),
            ("127.0.0.1", Err(NotAnAddress)),
            ("localhost:", Err(NotAnAddress)),
            ("example.com:80", Err(NotAnAddress)),
            ("", Err(NotAnAddress)),
        ] {
            let expected = address.map(|address| ListenAddress(address.parse().unwrap()));
            assert_eq!(text.parse(), expected, "{text}");
        }
    }

    #[test]
    fn sizes_have_units_and_bounds() {
        for (text, size) in [
            ("1", Ok(1)),
            ("500KB", Ok(500_000)),
            ("16 mib", Ok(16 * 1024 * 1024)),
            ("256MiB", Ok(LARGEST)),
            ("257MiB", Err(SizeError::OutOfRange)),
            ("0", Err(SizeError::OutOfRange)),
            ("99999999999999999999", Err(SizeError::OutOfRange)),
            ("", Err(SizeError::Malformed)),
            ("MiB", Err(SizeError::Malformed)),
            ("1.5MiB", Err(SizeError::Malformed)),
            ("-1", Err(SizeError::Malformed)),
        ] {
            assert_eq!(text.parse(), size.map(Size), "{text}");
        }
    }

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

    #[test]
    fn filters_are_levels_and_parts() {
        let filter = |text: &str| text.parse::<LogFilter>();
        let debug = filter("warn, pipetape_proxy=debug").unwrap().0;
        assert!(debug.would_enable("pipetape_proxy::forward", &Level::DEBUG));
        assert!(!debug.would_enable("pipetape_tape", &Level::INFO));
        assert!(debug.would_enable("pipetape_tape", &Level::WARN));
        assert_eq!(
            filter("OFF"),
            Ok(LogFilter(Targets::new().with_default(LevelFilter::OFF)))
        );
        for bad in ["", "verbose", "info,", "=info", "pipetape=loud", "pipetape"] {
            assert_eq!(filter(bad), Err(NotAFilter), "{bad}");
        }
    }
}
