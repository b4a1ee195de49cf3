//! Results on stdout: laid out for a terminal of some width or for a pipe, and tables of them.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use textwrap::core::display_width;
use textwrap::{Options, WordSplitter};
use thiserror::Error;

use crate::exit;
use crate::failure::CommandError;
use crate::terminal::{self, Color, Palette, Tone};

/// Stdout can't be written.
#[derive(Debug, Error)]
#[error("cannot write to stdout")]
pub(crate) struct OutputError(#[source] io::Error);

impl OutputError {
    /// `pipetape show … | head`: the reader has seen enough.
    fn has_no_reader(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

impl CommandError for OutputError {
    fn exit_code(&self) -> u8 {
        if self.has_no_reader() {
            exit::DONE
        } else {
            exit::FAILED
        }
    }

    fn is_reported(&self) -> bool {
        !self.has_no_reader()
    }
}

/// Lets `write` write the command's result, and flushes it.
pub(crate) fn to_stdout(
    write: impl FnOnce(&mut BufWriter<io::StdoutLock<'static>>) -> io::Result<()>,
) -> Result<(), OutputError> {
    let mut out = BufWriter::new(io::stdout().lock());
    write(&mut out)
        .and_then(|()| out.flush())
        .map_err(OutputError)
}

/// Writes a value as indented JSON and a newline.
pub(crate) fn json_to_stdout(value: &impl Serialize) -> Result<(), OutputError> {
    to_stdout(|out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        out.write_all(b"\n")
    })
}

/// What stdout is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// In columns; `None` if nothing is wrapped or cut, as in a pipe.
    pub(crate) width: Option<usize>,
    pub(crate) palette: Palette,
}

impl Layout {
    /// What stdout is here.
    pub(crate) fn of_stdout(color: Color) -> Self {
        Self {
            width: terminal::width(io::stdout()),
            palette: Palette::of_stdout(color),
        }
    }

    /// A pipe: no colours, and nothing wrapped or cut.
    pub(crate) fn pipe() -> Self {
        Self {
            width: None,
            palette: Palette::plain(),
        }
    }

    /// A terminal without colours.
    pub(crate) fn terminal(width: usize) -> Self {
        Self {
            width: Some(width),
            palette: Palette::plain(),
        }
    }

    /// The lines of a text: the first after `first`, the others after as many spaces; each ends
    /// with a newline.
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

/// The text cut to so many columns; the last one then is `…`.
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

/// The last column is not cut to less than this.
const NARROWEST: usize = 12;

/// The side of its column that a cell is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A text in a row. It must be printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    tone: Option<Tone>,
}

/// A table: column titles, and rows with as many cells.
#[derive(Debug)]
pub(crate) struct Table<const COLUMNS: usize> {
    head: [(&'static str, Align); COLUMNS],
    lines: Vec<Line<COLUMNS>>,
}

#[derive(Debug)]
enum Line<const COLUMNS: usize> {
    Row([Cell; COLUMNS]),
    /// Below a row, indented.
    Note(String),
    /// Before rows that belong together.
    Heading(String),
}

impl Cell {
    /// In the colour of its meaning.
    pub(crate) fn toned(text: String, tone: Tone) -> Self {
        let tone = Some(tone);
        Self { text, tone }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, tone: None }
    }
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table without rows.
    pub(crate) fn new(head: [(&'static str, Align); COLUMNS]) -> Self {
        Self {
            head,
            lines: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, cells: [Cell; COLUMNS]) {
        self.lines.push(Line::Row(cells));
    }

    /// Adds a text below the last row. It must be printable.
    pub(crate) fn note(&mut self, text: String) {
        self.lines.push(Line::Note(text));
    }

    /// Begins a part of the table. The text must be printable.
    pub(crate) fn heading(&mut self, text: String) {
        self.lines.push(Line::Heading(text));
    }

    /// The table, two spaces between its columns. On a terminal that is too narrow, the last column
    /// is cut.
    pub(crate) fn render(&self, layout: Layout) -> String {
        let head = self
            .head
            .map(|(title, _)| Cell::toned(title.to_owned(), Tone::Quiet));
        let widths = self.widths(layout);
        let mut out = self.row(&widths, &head, layout);
        let indent = " ".repeat(widths.first().copied().unwrap_or(0) + 2);
        for line in &self.lines {
            match line {
                Line::Row(cells) => out.push_str(&self.row(&widths, cells, layout)),
                Line::Note(text) => out.push_str(&layout.wrapped(&indent, text)),
                Line::Heading(text) => {
                    let painted = layout.palette.paint(Tone::Head, text);
                    out.push_str(&format!("\n{painted}\n"));
                }
            }
        }
        out
    }

    fn widths(&self, layout: Layout) -> [usize; COLUMNS] {
        let mut widths = self.head.map(|(title, _)| title.len());
        for line in &self.lines {
            if let Line::Row(cells) = line {
                for (width, cell) in widths.iter_mut().zip(cells) {
                    *width = (*width).max(display_width(&cell.text));
                }
            }
        }
        if let (Some(all), [others @ .., last]) = (layout.width, &mut widths[..]) {
            let others: usize = others.iter().map(|width| width + 2).sum();
            *last = (*last).min(all.saturating_sub(others).max(NARROWEST));
        }
        widths
    }

    fn row(&self, widths: &[usize; COLUMNS], cells: &[Cell; COLUMNS], layout: Layout) -> String {
        let mut line = String::new();
        let mut spaces = 0;
        for (((_, align), &width), cell) in self.head.iter().zip(widths).zip(cells) {
            let text = cut(&cell.text, width);
            let padding = width.saturating_sub(display_width(&text));
            if *align == Align::Right {
                spaces += padding;
            }
            if !text.is_empty() {
                line.push_str(&" ".repeat(spaces));
                spaces = 0;
            }
            line.push_str(&match cell.tone {
                Some(tone) => layout.palette.paint(tone, &text),
                None => text,
            });
            // Spaces are written only when text follows, so that no line ends with them.
            spaces += 2 + if *align == Align::Left { padding } else { 0 };
        }
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let error = |kind: io::ErrorKind| OutputError(kind.into());
        assert_eq!(error(io::ErrorKind::BrokenPipe).exit_code(), exit::DONE);
        assert!(!error(io::ErrorKind::BrokenPipe).is_reported());
        assert_eq!(error(io::ErrorKind::StorageFull).exit_code(), exit::FAILED);
    }

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

    fn table() -> Table<3> {
        let mut table = Table::new([
            ("N", Align::Right),
            ("NAME", Align::Left),
            ("X", Align::Left),
        ]);
        let cells = |cells: [&str; 3]| cells.map(|cell| Cell::from(cell.to_owned()));
        table.push(cells(["1", "é語", "-"]));
        table.note("note: below".to_owned());
        table.heading("part".to_owned());
        table.push(cells(["10", "longer", ""]));
        table.push(cells(["", "", "a long last cell"]));
        table
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        assert_eq!(
            table().render(Layout::pipe()),
            " N  NAME    X\n 1  é語     -\n    note: below\n\npart\n10  longer\n            a long last cell\n"
        );
    }

    #[test]
    fn the_last_column_is_cut_to_fit() {
        let text = table().render(Layout::terminal(26));
        assert!(text.ends_with("            a long last c…\n"), "{text}");
        assert!(text.lines().all(|line| display_width(line) <= 26), "{text}");
        let narrow = table().render(Layout::terminal(1));
        assert!(narrow.ends_with(" a long last…\n"), "{narrow}");
    }
}
