//! `cargo xtask shape`: figures of the code that anyone can run, on this checkout or another one.
//!
//! Per crate: non-test lines and files, the median file, type names that are declared in more than
//! one module, and circles between files. What counts as a test is said in [`tree`], what counts as
//! a circle in [`circles`].

mod circles;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use self::tree::Tree;
use crate::workspace;

/// Crates that only tests use.
const TEST_CRATES: &[&str] = &["testkit"];

/// Most non-test files of the workspace. Lowered whenever small files were joined; 345 is the aim.
const MOST_FILES: usize = 360;

/// Folders whose files must not import each other in a circle, as crate and path.
const WITHOUT_CIRCLES: &[(&str, &str)] = &[("tape", "src/player/")];

/// What is measured, and whether the figures have to keep to their bars.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Another checkout; this one if there is none.
    directory: Option<PathBuf>,
    check: bool,
}

/// The figures of one crate.
#[derive(Debug)]
struct CrateFigures {
    name: String,
    /// Non-test lines of each file, ascending.
    lines: Vec<usize>,
    /// Type names declared in more than one module, and where.
    twice: BTreeMap<String, BTreeSet<String>>,
    /// Files that import each other, as paths within the crate.
    circles: Vec<Vec<String>>,
}

/// The figures of a workspace.
#[derive(Debug)]
struct Report {
    crates: Vec<CrateFigures>,
}

impl Shape {
    /// The figures of this checkout, held to their bars.
    pub(crate) const CHECK: Self = Self {
        directory: None,
        check: true,
    };

    /// Reads `[--check] [DIR]`.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the arguments.
    pub(crate) fn parse(args: &[OsString]) -> Result<Self, String> {
        let mut shape = Self {
            directory: None,
            check: false,
        };
        for arg in args {
            if arg == "--check" {
                shape.check = true;
            } else if arg.to_string_lossy().starts_with('-') {
                return Err(format!("`shape` has no argument {arg:?}"));
            } else if shape.directory.replace(arg.into()).is_some() {
                return Err("`shape` takes one directory".to_owned());
            }
        }
        Ok(shape)
    }

    /// Prints the figures. With `--check`, a figure beyond its bar fails.
    ///
    /// # Errors
    ///
    /// A source file can't be read or is not valid Rust.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let root = self.directory.clone().unwrap_or_else(workspace::root);
        let report = Report::of(&root)?;
        print!("{report}");
        let broken = if self.check {
            report.broken_bars()
        } else {
            Vec::new()
        };
        for bar in &broken {
            eprintln!("error: {bar}");
        }
        Ok(if broken.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

impl Report {
    fn of(root: &Path) -> anyhow::Result<Self> {
        let folder = root.join("crates");
        let entries = fs::read_dir(&folder);
        let entries = entries.with_context(|| format!("can't read {}", folder.display()))?;
        let mut crates = Vec::new();
        for entry in entries {
            let directory = entry?.path();
            let name = directory.file_name().unwrap_or_default().to_string_lossy();
            if directory.join("Cargo.toml").exists() && !TEST_CRATES.contains(&name.as_ref()) {
                crates.push(CrateFigures::of(name.into_owned(), &directory)?);
            }
        }
        crates.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { crates })
    }

    fn files(&self) -> usize {
        self.crates.iter().map(|one| one.lines.len()).sum()
    }

    /// What to do about each figure that is beyond its bar.
    fn broken_bars(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for figures in &self.crates {
            for (name, modules) in &figures.twice {
                broken.push(format!(
                    "crate {}: `{name}` is declared in {} modules; rename all but one",
                    figures.name,
                    modules.len()
                ));
            }
            for (name, folder) in WITHOUT_CIRCLES {
                let here = figures.circles.iter().filter(|circle| {
                    figures.name == *name && circle.iter().all(|file| file.starts_with(folder))
                });
                broken.extend(here.map(|circle| {
                    format!(
                        "crate {name}: {} import each other; move what they share to a file of its own",
                        circle.join(", ")
                    )
                }));
            }
        }
        let files = self.files();
        if files > MOST_FILES {
            broken.push(format!(
                "there are {files} non-test files, at most {MOST_FILES} are wanted; join small files that hold one idea"
            ));
        }
        broken
    }
}

impl CrateFigures {
    fn of(name: String, directory: &Path) -> anyhow::Result<Self> {
        let tree = Tree::read(directory)?;
        let mut lines: Vec<usize> = tree.files.iter().map(|file| file.lines).collect();
        lines.sort_unstable();
        let mut twice: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for module in &tree.modules {
            for name in &module.types {
                let modules = twice.entry(name.clone()).or_default();
                modules.insert(module.path.join("::"));
            }
        }
        twice.retain(|_, modules| modules.len() > 1);
        let circles = circles::circles(&tree);
        Ok(Self {
            name,
            lines,
            twice,
            circles,
        })
    }
}

/// The middle one of ascending numbers.
fn median(lines: &[usize]) -> usize {
    lines.get(lines.len() / 2).copied().unwrap_or(0)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:10}{:>8}{:>8}{:>8}{:>8}{:>9}",
            "crate", "lines", "files", "median", "twice", "circles"
        )?;
        let mut all: Vec<usize> = Vec::new();
        for one in &self.crates {
            row(f, &one.name, &one.lines, one.twice.len(), one.circles.len())?;
            all.extend(&one.lines);
        }
        all.sort_unstable();
        let twice = self.crates.iter().map(|one| one.twice.len()).sum();
        let circles = self.crates.iter().map(|one| one.circles.len()).sum();
        row(f, "all", &all, twice, circles)?;
        for one in &self.crates {
            for (name, modules) in &one.twice {
                let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
                writeln!(f, "twice: {}: {name}: {}", one.name, modules.join(", "))?;
            }
            for circle in &one.circles {
                writeln!(f, "circle: {}: {}", one.name, circle.join(", "))?;
            }
        }
        Ok(())
    }
}

fn row(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    lines: &[usize],
    twice: usize,
    circles: usize,
) -> fmt::Result {
    let (sum, files): (usize, usize) = (lines.iter().sum(), lines.len());
    let median = median(lines);
    writeln!(
        f,
        "{name:10}{sum:>8}{files:>8}{median:>8}{twice:>8}{circles:>9}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn a_small_workspace_is_measured() {
        let root = workspace::target_dir().join("shape-test");
        let _ = fs::remove_dir_all(&root);
        write(
            &root,
            &[
                ("crates/tape/Cargo.toml", ""),
                ("crates/testkit/Cargo.toml", ""),
                (
                    "crates/tape/src/lib.rs",
                    "mod player;\nmod other;\n#[cfg(test)]\nmod kit;\npub use other::Thing;\n",
                ),
                (
                    "crates/tape/src/kit.rs",
                    "struct Fake;\nstruct Fake2;\nmod deeper;\n",
                ),
                ("crates/tape/src/kit/deeper.rs", "struct Deeper;\n"),
                // The contents page is looked through: `other` imports nothing of `lib.rs` itself.
                (
                    "crates/tape/src/other.rs",
                    "use crate::Thing as Same;\npub struct Thing;\nshape! { pub struct Inner; }\n#[cfg(test)]\nmod tests {\n    use super::*;\n    struct Fake;\n}\n",
                ),
                (
                    "crates/tape/src/player/mod.rs",
                    "mod play;\nmod session;\npub use play::Play;\n",
                ),
                (
                    "crates/tape/src/player/play.rs",
                    "use super::session::Session;\nuse crate::Thing;\npub struct Play;\nstruct Inner;\n",
                ),
                (
                    "crates/tape/src/player/session.rs",
                    "use crate::player::Play;\npub struct Session;\n",
                ),
            ],
        );
        let report = Report::of(&root).unwrap();
        assert_eq!(
            report.to_string(),
            "crate        lines   files  median   twice  circles\n\
             tape            15       5       3       1        1\n\
             all             15       5       3       1        1\n\
             twice: tape: Inner: other, player::play\n\
             circle: tape: src/player/play.rs, src/player/session.rs\n"
        );
        assert_eq!(
            report.broken_bars(),
            [
                "crate tape: `Inner` is declared in 2 modules; rename all but one",
                "crate tape: src/player/play.rs, src/player/session.rs import each other; \
                 move what they share to a file of its own",
            ]
        );
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn arguments_are_a_directory_and_a_check() {
        let parse = |args: &[&str]| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            Shape::parse(&args)
        };
        assert_eq!(parse(&["--check"]), Ok(Shape::CHECK));
        let other = Shape {
            directory: Some("/base".into()),
            check: false,
        };
        assert_eq!(parse(&["/base"]), Ok(other));
        assert!(parse(&["-v"]).is_err());
        assert!(parse(&["a", "b"]).is_err());
    }
}
