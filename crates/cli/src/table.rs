//! Tables of text, aligned.

use std::fmt::Write as _;

/// Which side of its column a cell stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table: a head, and rows of as many cells, each row with lines of its own below it.
#[derive(Debug)]
pub(crate) struct Table<const COLUMNS: usize> {
    head: [(&'static str, Align); COLUMNS],
    rows: Vec<([String; COLUMNS], Vec<String>)>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table without rows.
    pub(crate) fn new(head: [(&'static str, Align); COLUMNS]) -> Self {
        Self {
            head,
            rows: Vec::new(),
        }
    }

    /// Adds a row, and lines to stand below it. Cells must be printable.
    pub(crate) fn push(&mut self, cells: [String; COLUMNS], below: Vec<String>) {
        self.rows.push((cells, below));
    }

    /// The table, two spaces between its columns.
    pub(crate) fn render(&self) -> String {
        let mut widths = self.head.map(|(title, _)| title.len());
        for (cells, _) in &self.rows {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut out = String::new();
        self.line(
            &mut out,
            &widths,
            &self.head.map(|(title, _)| title.to_owned()),
        );
        for (cells, below) in &self.rows {
            self.line(&mut out, &widths, cells);
            for line in below {
                let indent = widths.first().copied().unwrap_or(0) + 2;
                // Writing to a string does not fail.
                let _ = writeln!(out, "{:indent$}{line}", "");
            }
        }
        out
    }

    fn line(&self, out: &mut String, widths: &[usize; COLUMNS], cells: &[String; COLUMNS]) {
        let mut line = String::new();
        for (((_, align), &width), cell) in self.head.iter().zip(widths).zip(cells) {
            let _ = match align {
                Align::Left => write!(line, "{cell:<width$}  "),
                Align::Right => write!(line, "{cell:>width$}  "),
            };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new([
            ("N", Align::Right),
            ("NAME", Align::Left),
            ("X", Align::Left),
        ]);
        let cells = |cells: [&str; 3]| cells.map(str::to_owned);
        table.push(cells(["1", "é", "-"]), vec!["note: below".to_owned()]);
        table.push(cells(["10", "longer", ""]), Vec::new());
        assert_eq!(
            table.render(),
            " N  NAME    X\n 1  é       -\n    note: below\n10  longer\n"
        );
    }
}
