//! What is logged, and how.

use std::io::{self, IsTerminal as _};

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::arguments::{Cli, LogFormat};
use crate::live::{self, CountsBelow, LiveLines};
use crate::terminal::{Palette, Stderr, terminal_is_dumb};

/// Logs to stderr from here on, and shows exchanges as they happen if that is a terminal.
pub(crate) fn install(cli: &Cli, palette: Palette) {
    let global = &cli.global;
    let serving = cli.command.serving();
    let default = match serving {
        Some(_) => LevelFilter::INFO,
        None => LevelFilter::WARN,
    };
    let wanted = global
        .log
        .clone()
        .map_or_else(|| Targets::new().with_default(default), |filter| filter.0);
    let detail = match serving {
        Some(serving) if serving.quiet => Detail::Warnings,
        Some(_) if global.log_format == LogFormat::Text && io::stderr().is_terminal() => {
            Detail::Live
        }
        _ => Detail::Logged,
    };
    let live = serving.filter(|_| detail == Detail::Live).map(|serving| {
        let below = match serving.command.is_empty() && !terminal_is_dumb() {
            true => CountsBelow::Shown,
            false => CountsBelow::Hidden,
        };
        LiveLines::new(palette, below).with_filter(shown_live(&wanted))
    });
    let filter = wanted.and(cap(detail));
    let lines = fmt::layer()
        .with_writer(|| Stderr)
        .with_ansi(palette.is_coloured());
    let lines = match global.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.with_ansi(false).json().boxed(),
    };
    let logged = tracing_subscriber::registry().with(lines.with_filter(filter));
    // An empty layer instead of the live lines would make every event be looked at, also those that
    // nobody wants.
    match live {
        Some(live) => logged.with(live).init(),
        None => logged.init(),
    }
}

/// How exchanges are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// In the log, like everything else.
    Logged,
    /// As live lines instead of log lines.
    Live,
    /// Not at all; warnings and errors only.
    Warnings,
}

/// The most that is logged, whatever filter is given. Other libraries may only warn: at lower
/// levels they print the data they work on. (sled prints whole batches.)
fn cap(detail: Detail) -> Targets {
    let others = Targets::new().with_default(LevelFilter::WARN);
    let ours = || others.clone().with_target("pipetape", LevelFilter::TRACE);
    match detail {
        Detail::Warnings => others,
        Detail::Logged => ours(),
        Detail::Live => {
            ours().with_targets(live::targets().map(|target| (target, LevelFilter::OFF)))
        }
    }
}

/// The events that are shown live: those of crates whose `info` is wanted, so that `--log warn`
/// shows none.
fn shown_live(wanted: &Targets) -> Targets {
    let targets = live::targets().into_iter();
    let targets = targets.filter(|target| wanted.would_enable(target, &Level::INFO));
    Targets::new().with_targets(targets.map(|target| (target, LevelFilter::DEBUG)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::LogFilter;

    #[test]
    fn what_is_asked_has_a_cap() {
        let is_logged = |detail, target, level| cap(detail).would_enable(target, &level);
        for (target, level, logged, live, quiet) in [
            ("pipetape::serving", Level::TRACE, true, true, false),
            ("pipetape_tape::store", Level::TRACE, true, true, false),
            ("pipetape_proxy::recording", Level::INFO, true, true, false),
            ("pipetape_proxy::recording", Level::WARN, true, true, true),
            (pipetape_proxy::EXCHANGES, Level::INFO, true, false, false),
            (pipetape_replay::EXCHANGES, Level::DEBUG, true, false, false),
            ("sled::pagecache", Level::INFO, false, false, false),
            ("sled", Level::TRACE, false, false, false),
            ("sled", Level::WARN, true, true, true),
            ("hyper::proto", Level::DEBUG, false, false, false),
            ("log", Level::INFO, false, false, false),
        ] {
            let found = [Detail::Logged, Detail::Live, Detail::Warnings]
                .map(|detail| is_logged(detail, target, level));
            assert_eq!(found, [logged, live, quiet], "{target} {level}");
        }
    }

    #[test]
    fn exchanges_are_shown_live_where_their_crates_info_is_wanted() {
        let shown = |filter: &str| {
            let wanted = filter.parse::<LogFilter>().unwrap().0;
            live::targets().map(|target| shown_live(&wanted).would_enable(target, &Level::DEBUG))
        };
        assert_eq!(shown("info"), [true, true, true]);
        assert_eq!(shown("warn"), [false, false, false]);
        assert_eq!(shown("warn,pipetape_replay=info"), [false, true, false]);
        let wanted = "trace".parse::<LogFilter>().unwrap().0;
        assert!(!shown_live(&wanted).would_enable("pipetape_proxy::recording", &Level::ERROR));
    }
}
