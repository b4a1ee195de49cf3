//! What is logged, and how.

use std::io;
use std::str::FromStr;

use thiserror::Error;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::arguments::{GlobalArguments, LogFormat};
use crate::palette::Palette;

/// `--log`: levels, for all of it and for parts.
///
/// Unlike tracing's own form, a bare word has to be a level: a misspelt one would be taken for a part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LogFilter(Targets);

/// A text that is no filter.
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
        Ok(LogFilter(targets))
    }
}

/// Logs to stderr from here on.
pub(crate) fn install(arguments: &GlobalArguments, default: LevelFilter, palette: Palette) {
    let wanted = arguments
        .log
        .clone()
        .map_or_else(|| Targets::new().with_default(default), |filter| filter.0);
    let filter = wanted.and(others_capped());
    let lines = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(palette.is_coloured());
    let lines = match arguments.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.with_ansi(false).json().boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .init();
}

/// Other libraries may only warn: below that they print what they work on. (sled prints whole batches.)
fn others_capped() -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("pipetape", LevelFilter::TRACE)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

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

    #[test]
    fn other_libraries_are_capped_whatever_is_asked() {
        let cap = others_capped();
        for (target, level, is_logged) in [
            ("pipetape::serving", Level::TRACE, true),
            ("pipetape_tape::store", Level::TRACE, true),
            ("sled::pagecache", Level::INFO, false),
            ("sled", Level::TRACE, false),
            ("sled", Level::WARN, true),
            ("hyper::proto", Level::DEBUG, false),
            ("log", Level::INFO, false),
        ] {
            assert_eq!(
                cap.would_enable(target, &level),
                is_logged,
                "{target} {level}"
            );
        }
    }
}
