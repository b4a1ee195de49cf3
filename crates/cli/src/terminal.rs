//! Stderr as a terminal: colours, its width, and one line of counts that stays below whatever else
//! is written.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Effects, Style};
use rustix::process::getpgrp;
use rustix::termios::{isatty, tcgetpgrp, tcgetwinsize};

use crate::environment;

/// Goes to the beginning of the line and empties it.
const EMPTY_LINE: &str = "\r\u{1b}[K";
/// In columns, for a terminal that does not know its own width.
const USUAL_WIDTH: usize = 80;

/// What the last line shows.
static COUNTS: Mutex<StatusLine> = Mutex::new(StatusLine {
    wanted: String::new(),
    is_drawn: false,
});

struct StatusLine {
    wanted: String,
    is_drawn: bool,
}

/// A writer to stderr. Each write has to be whole lines, and is one write to stderr.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        counts().write(lines).map(|()| lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Writes a line to stderr.
pub(crate) fn say(line: impl Display) {
    // That stderr can't be written can be reported nowhere.
    let _ = counts().write(format!("{line}\n").as_bytes());
}

/// Writes a line to stderr, and these counts below it, which replace earlier ones.
pub(crate) fn say_with_counts(line: impl Display, wanted: String) {
    let mut counts = counts();
    counts.wanted = wanted;
    let _ = counts.write(format!("{line}\n").as_bytes());
}

/// Removes the counts.
pub(crate) fn end_counts() {
    let mut counts = counts();
    counts.wanted.clear();
    let _ = counts.write(b"");
}

/// The width of a terminal in columns; `None` if the stream is not a terminal.
pub(crate) fn width(stream: impl rustix::fd::AsFd) -> Option<usize> {
    if !isatty(&stream) {
        return None;
    }
    let columns = tcgetwinsize(&stream).map_or(0, |size| usize::from(size.ws_col));
    Some(match columns {
        0 => USUAL_WIDTH,
        columns => columns,
    })
}

impl StatusLine {
    /// In one write, so that no output of another process comes in between.
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let mut out = Vec::with_capacity(lines.len() + self.wanted.len() + 8);
        if self.is_drawn {
            out.extend_from_slice(EMPTY_LINE.as_bytes());
        }
        out.extend_from_slice(lines);
        self.is_drawn = !self.wanted.is_empty() && is_foreground();
        if self.is_drawn {
            // A line that wraps could not be removed again.
            let width = width(io::stderr()).unwrap_or(USUAL_WIDTH) - 1;
            out.extend(self.wanted.chars().take(width).collect::<String>().bytes());
        }
        io::stderr().write_all(&out)
    }
}

fn counts() -> MutexGuard<'static, StatusLine> {
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the terminal is ours alone: after `pipetape record TAPE &`, a shell uses it too.
fn is_foreground() -> bool {
    // On a terminal of another session no shell shares it with us, so we are in the foreground.
    tcgetpgrp(io::stderr()).map_or(true, |foreground| foreground == getpgrp())
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// Whether a stream is coloured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    is_coloured: bool,
}

/// What a colour means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
    /// Less important.
    Quiet,
    /// A heading.
    Head,
}

impl Palette {
    /// For stderr, by `--color`; `auto` colours a terminal, unless `NO_COLOR` is set.
    pub(crate) fn of_stderr(color: Color) -> Self {
        Self::of(color, io::stderr().is_terminal())
    }

    /// For stdout, likewise.
    pub(crate) fn of_stdout(color: Color) -> Self {
        Self::of(color, io::stdout().is_terminal())
    }

    fn of(color: Color, is_terminal: bool) -> Self {
        let is_coloured = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let refused =
                    env::var_os(environment::NO_COLOR).is_some_and(|value| !value.is_empty());
                is_terminal && !refused && !terminal_is_dumb()
            }
        };
        Self { is_coloured }
    }

    /// No colours.
    pub(crate) fn plain() -> Self {
        Self { is_coloured: false }
    }

    /// Colours.
    #[cfg(test)]
    pub(crate) fn coloured() -> Self {
        Self { is_coloured: true }
    }

    /// Whether the stream is coloured.
    pub(crate) fn is_coloured(self) -> bool {
        self.is_coloured
    }

    /// The word before an error.
    pub(crate) fn error(self, text: &str) -> String {
        self.styled(AnsiColor::Red.on_default().bold(), text)
    }

    /// The word before a hint.
    pub(crate) fn hint(self, text: &str) -> String {
        self.styled(AnsiColor::Cyan.on_default().bold(), text)
    }

    /// A text in the colour of its meaning.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let style = match tone {
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Doubtful => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default(),
            Tone::Quiet => Style::new() | Effects::DIMMED,
            Tone::Head => Style::new().bold(),
        };
        self.styled(style, text)
    }

    fn styled(self, style: Style, text: &str) -> String {
        if self.is_coloured && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// Whether the terminal can only print: it has no colours, and can remove nothing.
pub(crate) fn terminal_is_dumb() -> bool {
    env::var_os(environment::TERM).is_none_or(|term| term == "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_and_never_are_obeyed() {
        assert_eq!(Palette::of_stderr(Color::Never).error("error:"), "error:");
        assert_eq!(
            Palette::of_stdout(Color::Always).error("error:"),
            "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m"
        );
        assert_eq!(Palette::of_stdout(Color::Always).paint(Tone::Quiet, ""), "");
    }
}
