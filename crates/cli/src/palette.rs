//! Colours, where they are wanted. Every text is clear without them.

use std::env;
use std::io::{self, IsTerminal as _};

use clap::builder::styling::{AnsiColor, Style};

use crate::arguments::Color;
use crate::environment;

/// Whether stderr is coloured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    is_coloured: bool,
}

impl Palette {
    /// What `--color` says; `auto` colours a terminal, unless `NO_COLOR` is set.
    pub(crate) fn of(color: Color) -> Palette {
        let is_coloured = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let refused =
                    env::var_os(environment::NO_COLOR).is_some_and(|value| !value.is_empty());
                let is_dumb = env::var_os(environment::TERM).is_none_or(|term| term == "dumb");
                io::stderr().is_terminal() && !refused && !is_dumb
            }
        };
        Palette { is_coloured }
    }

    /// No colours.
    #[cfg(test)]
    pub(crate) fn plain() -> Palette {
        Palette { is_coloured: false }
    }

    /// Whether stderr is coloured.
    pub(crate) fn is_coloured(self) -> bool {
        self.is_coloured
    }

    /// The word before an error.
    pub(crate) fn error(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    /// The word before a hint.
    pub(crate) fn hint(self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default().bold(), text)
    }

    fn paint(self, style: Style, text: &str) -> String {
        if self.is_coloured {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_and_never_are_obeyed() {
        assert_eq!(Palette::of(Color::Never).error("error:"), "error:");
        assert_eq!(
            Palette::of(Color::Always).error("error:"),
            "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m"
        );
    }
}
