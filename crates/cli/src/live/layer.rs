//! Shows each exchange's event as a line.

use std::io;
use std::sync::{Mutex, PoisonError};

use pipetape_tape::UnixMillis;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::counts::Counts;
use super::facts::Facts;
use super::line::line;
use crate::palette::Palette;
use crate::screen;

/// Whether the number of exchanges stands below the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CountsBelow {
    /// It does, and is drawn anew with each line.
    Shown,
    /// It does not: a wrapped command writes there too, or the terminal can't take a line back.
    Hidden,
}

/// The targets of the events that are shown.
pub(crate) fn targets() -> [&'static str; 3] {
    [
        pipetape_proxy::EXCHANGES,
        pipetape_replay::EXCHANGES,
        pipetape_emulator::EXCHANGES,
    ]
}

/// Writes a line to stderr for each event it is given.
#[derive(Debug)]
pub(crate) struct LiveLines {
    palette: Palette,
    below: CountsBelow,
    counts: Mutex<Counts>,
}

impl LiveLines {
    pub(crate) fn new(palette: Palette, below: CountsBelow) -> LiveLines {
        LiveLines {
            palette,
            below,
            counts: Mutex::default(),
        }
    }
}

impl<S: Subscriber> Layer<S> for LiveLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut facts = Facts::default();
        event.record(&mut facts);
        let now = UnixMillis::now().to_string();
        // The time of day in 2026-01-01T12:03:04.000Z.
        let time = now.get(11..19).unwrap_or(&now);
        let line = line(time, &facts, screen::width(io::stderr()), self.palette);
        match self.below {
            CountsBelow::Hidden => screen::say(line),
            CountsBelow::Shown => {
                let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
                counts.add(&facts);
                screen::say_with_counts(line, counts.text());
            }
        }
    }
}
