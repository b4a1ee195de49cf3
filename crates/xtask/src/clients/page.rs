//! The code blocks of a page, each marked with where it comes from or what runs it.
//!
//! A mark is a comment before a block:
//!
//! - `<!-- settings of CLIENT -->`: a script that gives a worker its environment;
//! - `<!-- not enough for CLIENT -->`: a change of those settings with which the client sends nothing;
//! - `<!-- run with CLIENT -->`: a script; also `<!-- run with moto -->`, whose environment has boto3, too;
//! - `<!-- file NAME for RECIPE -->`: a file of a recipe;
//! - `<!-- run for RECIPE -->`: a script that runs between the files of a recipe;
//! - `<!-- from FILE -->`: lines of that file.

use std::fs;
use std::mem;
use std::path::Path;

use anyhow::{Context, bail};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::Client;

/// The mark of a script that runs with moto's server.
const WITH_MOTO: &str = "run with moto";

/// A page of documentation.
#[derive(Debug)]
pub(crate) struct Page {
    blocks: Vec<Block>,
    /// The rows of its tables.
    rows: Vec<Row>,
}

/// A row of a table: where its links go, and its last cell.
#[derive(Debug, Default)]
struct Row {
    links: Vec<String>,
    last: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Block {
    /// The number of its first line.
    line: usize,
    mark: String,
    text: String,
}

impl Page {
    /// Reads a page.
    ///
    /// # Errors
    ///
    /// It can't be read.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let (mut blocks, mut rows) = (Vec::new(), Vec::new());
        let mut mark = String::new();
        let mut block: Option<Block> = None;
        let mut row: Option<Row> = None;
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Html(html) => mark = comment(&html),
                Event::Start(Tag::HtmlBlock) => {}
                Event::Start(Tag::CodeBlock(_)) => {
                    block = Some(Block {
                        // The line after the fence.
                        line: text[..range.start].lines().count() + 2,
                        mark: mem::take(&mut mark),
                        text: String::new(),
                    });
                }
                Event::End(TagEnd::CodeBlock) => blocks.extend(block.take()),
                Event::Start(Tag::TableRow) => row = Some(Row::default()),
                Event::End(TagEnd::TableRow) => rows.extend(row.take()),
                // A comment marks only what follows at once.
                Event::Start(tag) => {
                    mark.clear();
                    match (tag, &mut row) {
                        (Tag::TableCell, Some(row)) => row.last.clear(),
                        (Tag::Link { dest_url, .. }, Some(row)) => row.links.push(dest_url.into()),
                        _ => {}
                    }
                }
                Event::Text(piece) => match (&mut block, &mut row) {
                    (Some(block), _) => block.text += &piece,
                    (None, Some(row)) => row.last += &piece,
                    (None, None) => {}
                },
                _ => {}
            }
        }
        Self { blocks, rows }
    }

    /// The settings that the page gives for a client.
    ///
    /// # Errors
    ///
    /// It gives none.
    pub(crate) fn settings(&self, client: Client) -> anyhow::Result<&str> {
        self.marked(&format!("settings of {client}"))
    }

    /// Changes of the settings with which a client sends nothing.
    pub(crate) fn not_enough(&self, client: Client) -> Vec<&str> {
        let mark = format!("not enough for {client}");
        let blocks = self.blocks.iter().filter(|block| block.mark == mark);
        blocks.map(|block| block.text.as_str()).collect()
    }

    /// How often a client tries a throttled call: the number in the last column of its row in the table.
    ///
    /// # Errors
    ///
    /// There is no such row or number.
    pub(crate) fn attempts(&self, client: Client) -> anyhow::Result<u64> {
        let worker = format!("../tests/clients/{client}");
        let row = self.rows.iter().find(|row| row.links.contains(&worker));
        let row = row.with_context(|| format!("no row of a table links to {worker}"))?;
        let number = row.last.trim().parse().ok();
        number.with_context(|| format!("the row of {client} does not end in a number"))
    }

    /// The script to run with a client.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(crate) fn script(&self, client: Client) -> anyhow::Result<&str> {
        self.marked(&format!("run with {client}"))
    }

    /// The scripts to run with moto's server, in their order.
    pub(crate) fn scripts_with_moto(&self) -> Vec<&str> {
        let blocks = self.blocks.iter().filter(|block| block.mark == WITH_MOTO);
        blocks.map(|block| block.text.as_str()).collect()
    }

    /// The files of a recipe: names and contents.
    pub(crate) fn files<'a>(&'a self, recipe: &str) -> Vec<(&'a str, &'a str)> {
        let files = self.blocks.iter().filter_map(|block| {
            let (name, of) = block.mark.strip_prefix("file ")?.rsplit_once(" for ")?;
            (of == recipe).then_some((name, block.text.as_str()))
        });
        files.collect()
    }

    /// The scripts that run between the files of a recipe.
    pub(crate) fn runs(&self, recipe: &str) -> Vec<&str> {
        let mark = format!("run for {recipe}");
        let blocks = self.blocks.iter().filter(|block| block.mark == mark);
        blocks.map(|block| block.text.as_str()).collect()
    }

    fn marked(&self, mark: &str) -> anyhow::Result<&str> {
        let block = self.blocks.iter().find(|block| block.mark == mark);
        Ok(&block
            .with_context(|| format!("no block is marked `{mark}`"))?
            .text)
    }

    /// Checks that every block comes from a file and is as it is there, or that `is_run` takes its mark.
    ///
    /// # Errors
    ///
    /// Names the line of the first block that does not.
    pub(crate) fn check_sources(
        &self,
        root: &Path,
        is_run: impl Fn(&str) -> bool,
    ) -> anyhow::Result<()> {
        for Block { line, mark, text } in &self.blocks {
            if let Some(file) = mark.strip_prefix("from ") {
                let source = fs::read_to_string(root.join(file));
                let source = source.with_context(|| format!("line {line}: can't read {file}"))?;
                if !contains(&source, text) {
                    bail!("line {line}: {file} has no such lines");
                }
            } else if !is_run(mark) {
                bail!("line {line}: the block is marked with nothing that runs it or has it");
            }
        }
        Ok(())
    }
}

/// Whether a mark is one with which a client, or moto, runs a block.
pub(crate) fn is_run_with_a_client(mark: &str) -> bool {
    let marks = ["settings of ", "not enough for ", "run with "];
    let client = marks.iter().find_map(|start| mark.strip_prefix(start));
    mark == WITH_MOTO
        || client.is_some_and(|name| Client::ALL.iter().any(|client| client.name() == name))
}

/// What a comment says; nothing if it is not one.
fn comment(html: &str) -> String {
    let inner = html.trim().strip_prefix("<!-- ");
    let inner = inner.and_then(|inner| inner.strip_suffix(" -->"));
    inner.unwrap_or_default().to_owned()
}

/// Whether a source has these lines in a row, at any depth of indentation.
fn contains(source: &str, text: &str) -> bool {
    let (source, text): (Vec<&str>, Vec<&str>) = (source.lines().collect(), text.lines().collect());
    let text = dedented(&text);
    !text.is_empty()
        && source
            .windows(text.len())
            .any(|window| dedented(window) == text)
}

fn dedented<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let least = filled.map(|line| indent(line)).min().unwrap_or(0);
    lines
        .iter()
        .map(|line| line.get(least..).unwrap_or("").trim_end())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_the_mark_before_them() {
        let page = "# A\n\n<!-- settings of boto3 -->\n```sh\nexport A=1\n\nexport B=2\n```\ntext\n```\nx\n```\n";
        let page = Page::parse(page);
        let found = &page.blocks;
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].line, 5);
        assert_eq!(found[0].mark, "settings of boto3");
        assert_eq!(found[0].text, "export A=1\n\nexport B=2\n");
        assert_eq!(found[1].mark, "");
        assert!(page.settings(Client::Boto3).is_ok());
        assert!(page.settings(Client::Rust).is_err());
        let error = page
            .check_sources(Path::new("/"), is_run_with_a_client)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 11: the block is marked with nothing that runs it or has it"
        );
    }

    #[test]
    fn a_recipe_has_files_and_runs() {
        let text = "<!-- file a/b.py for pytest -->\n```python\nx = 1\n```\n<!-- run for pytest -->\n```sh\npytest\n```\n";
        let page = Page::parse(text);
        assert_eq!(page.files("pytest"), [("a/b.py", "x = 1\n")]);
        assert_eq!(page.runs("pytest"), ["pytest\n"]);
        assert!(page.files("test").is_empty() && page.runs("test").is_empty());
    }

    #[test]
    fn attempts_are_in_the_table() {
        let text = "x (../tests/clients/rust) 4\n\n| client | a | n |\n| --- | --- | --- |\n| [Rust](../tests/clients/rust) | a | 3 |\n| [b](../tests/clients/boto3) | a |\n";
        let page = Page::parse(text);
        assert_eq!(page.attempts(Client::Rust).unwrap(), 3);
        assert!(page.attempts(Client::Boto3).is_err());
        assert!(page.attempts(Client::JsV3).is_err());
    }

    #[test]
    fn lines_are_found_at_any_depth_and_only_whole() {
        let source = "def f():\n    if a:\n        b\n\n    c\n";
        for (text, expected) in [
            ("if a:\n    b\n\nc", true),
            ("    if a:\n        b", true),
            ("if a:\nb", false),
            ("if a", false),
            ("b", true),
            ("", false),
        ] {
            assert_eq!(contains(source, text), expected, "{text:?}");
        }
    }
}
