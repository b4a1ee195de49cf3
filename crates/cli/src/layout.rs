//! How results are laid out: for a terminal of some width, or for a pipe.

use std::io;

use textwrap::core::display_width;
use textwrap::{Options, WordSplitter};

use crate::arguments::Color;
use crate::palette::Palette;
use crate::screen;

/// What stdout is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// In columns; `None` where nothing is wrapped or cut, as in a pipe.
    pub(crate) width: Option<usize>,
    pub(crate) palette: Palette,
}

impl Layout {
    /// What stdout is here.
    pub(crate) fn of_stdout(color: Color) -> Layout {
        Layout {
            width: screen::width(io::stdout()),
            palette: Palette::of_stdout(color),
        }
    }

    /// A pipe: no colours, and nothing wrapped or cut.
    pub(crate) fn pipe() -> Layout {
        Layout {
            width: None,
            palette: Palette::plain(),
        }
    }

    /// A terminal without colours.
    #[cfg(test)]
    pub(crate) fn terminal(width: usize) -> Layout {
        Layout {
            width: Some(width),
            palette: Palette::plain(),
        }
    }

    /// Lines of a text behind `first`, later ones behind as many spaces; a newline ends each.
    pub(crate) fn wrapped(self, first: &str, text: &str) -> String {
        let indent = " ".repeat(display_width(first));
        match self.width {
            Some(width) => {
                let options = Options::new(width.max(indent.len() + 20))
                    .initial_indent(first)
                    .subsequent_indent(&indent)
                    .word_splitter(WordSplitter::NoHyphenation);
                textwrap::fill(text, options) + "\n"
            }
            None => format!("{first}{text}\n"),
        }
    }
}

/// The text cut to so many columns, the last one showing that it was.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if display_width(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if display_width(&kept) >= width {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_terminals_are_wrapped_for() {
        let text = "one two three four five";
        let wrapped = |layout: Layout| layout.wrapped("note: ", text);
        assert_eq!(wrapped(Layout::pipe()), "note: one two three four five\n");
        assert_eq!(
            wrapped(Layout::terminal(26)),
            "note: one two three four\n      five\n"
        );
        // Narrower than can be read.
        assert_eq!(wrapped(Layout::terminal(1)), wrapped(Layout::terminal(26)));
    }

    #[test]
    fn columns_are_what_a_terminal_shows() {
        for (text, width, shown) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("語語語", 6, "語語語"),
            ("語語語", 5, "語語…"),
            ("語語語", 4, "語…"),
            ("e\u{301}e\u{301}", 2, "e\u{301}e\u{301}"),
        ] {
            assert_eq!(cut(text, width), shown, "{text} {width}");
        }
    }
}
