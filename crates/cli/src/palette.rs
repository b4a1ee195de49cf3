//! Colours, where they are wanted. Every text is clear without them.

use std::env;
use std::io::{self, IsTerminal as _};

use clap::builder::styling::{AnsiColor, Effects, Style};

use crate::arguments::Color;
use crate::environment;

/// Whether a stream is coloured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    is_coloured: bool,
}

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
    /// Not what one looks for first.
    Quiet,
    /// The head of a part.
    Head,
}

impl Palette {
    /// For stderr, what `--color` says; `auto` colours a terminal, unless `NO_COLOR` is set.
    pub(crate) fn of_stderr(color: Color) -> Palette {
        Palette::of(color, io::stderr().is_terminal())
    }

    /// For stdout, likewise.
    pub(crate) fn of_stdout(color: Color) -> Palette {
        Palette::of(color, io::stdout().is_terminal())
    }

    fn of(color: Color, is_terminal: bool) -> Palette {
        let is_coloured = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let refused =
                    env::var_os(environment::NO_COLOR).is_some_and(|value| !value.is_empty());
                is_terminal && !refused && !terminal_is_dumb()
            }
        };
        Palette { is_coloured }
    }

    /// No colours.
    pub(crate) fn plain() -> Palette {
        Palette { is_coloured: false }
    }

    /// Colours.
    #[cfg(test)]
    pub(crate) fn coloured() -> Palette {
        Palette { is_coloured: true }
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

    /// A text in the colour of what it says.
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

/// Whether the terminal only prints: it has no colours, and takes nothing back.
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
