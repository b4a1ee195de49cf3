//! The recipes of `docs/recipes.md`, run from the text of the page.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::matrix::Matrix;
use super::program::{self, Surroundings};
use super::setup::set_up_junit;
use super::tape::Variant;
use super::{Client, workflow};

/// The tape that every recipe plays.
const TAPE: &str = "recordings/acknowledge-job.tape.json";
/// What every recipe that is run within a replay lets it write.
const REPORT: &str = "report.xml";
const WORKFLOW: &str = ".github/workflows/replay.yml";

/// A recipe with files of its own. That for `cargo test` has none: it shows lines of a test of `crates/replay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recipe {
    Pytest,
    NodeTest,
    JUnit,
    Shell,
    GitHubActions,
}

impl Recipe {
    pub(crate) const ALL: [Self; 5] = [
        Self::Pytest,
        Self::NodeTest,
        Self::JUnit,
        Self::Shell,
        Self::GitHubActions,
    ];

    /// Its name in the marks of the page.
    fn name(self) -> &'static str {
        match self {
            Self::Pytest => "pytest",
            Self::NodeTest => "node:test",
            Self::JUnit => "junit",
            Self::Shell => "shell",
            Self::GitHubActions => "github-actions",
        }
    }

    /// What its test is called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Pytest => "recipe: pytest",
            Self::NodeTest => "recipe: node:test",
            Self::JUnit => "recipe: JUnit 5",
            Self::Shell => "recipe: shell",
            Self::GitHubActions => "recipe: GitHub Actions",
        }
    }

    /// The clients that it is run with.
    fn clients(self) -> &'static [Client] {
        match self {
            Self::Pytest => &[Client::Boto3],
            Self::NodeTest => &[Client::JsV3],
            Self::JUnit => &[],
            Self::Shell => &[Client::AwsCliV1],
            // The aws CLI brings a reader of YAML.
            Self::GitHubActions => &[Client::Boto3, Client::AwsCliV1],
        }
    }
}

/// Whether a mark is one with which a recipe runs a block, or has it as a file.
pub(crate) fn is_run(mark: &str) -> bool {
    let recipe = mark.strip_prefix("run for ").or_else(|| {
        let (_, recipe) = mark.strip_prefix("file ")?.rsplit_once(" for ")?;
        Some(recipe)
    });
    recipe.is_some_and(|name| Recipe::ALL.iter().any(|recipe| recipe.name() == name))
}

/// Runs a recipe on its tape, and on two on which it has to fail.
///
/// # Errors
///
/// [`Missing`](crate::needs::Missing), or what did not hold.
pub(crate) fn check(recipe: Recipe, matrix: &Matrix) -> anyhow::Result<()> {
    for client in recipe.clients() {
        matrix.worker(*client)?;
    }
    let recipes = Recipes {
        matrix,
        junit: match recipe {
            Recipe::JUnit => Some(set_up_junit(&matrix.folders)?),
            _ => None,
        },
        runs: matrix.runs.join("recipes"),
    };
    recipes.check(recipe)
}

/// What the recipes are run with.
#[derive(Debug)]
struct Recipes<'a> {
    matrix: &'a Matrix,
    /// JUnit's launcher, for its recipe.
    junit: Option<PathBuf>,
    /// Where everything that runs has its files and leaves its output.
    runs: PathBuf,
}

/// One way to run a recipe.
#[derive(Debug)]
struct Run {
    /// Takes each step as its last argument.
    shell: &'static [&'static str],
    steps: Vec<String>,
}

impl Recipes<'_> {
    fn check(&self, recipe: Recipe) -> anyhow::Result<()> {
        let sample = fs::read_to_string(self.matrix.root.join(TAPE))?;
        let runs = self.ways(recipe)?;
        ensure!(!runs.is_empty(), "the page does not say how to run it");
        for (number, run) in runs.iter().enumerate() {
            for variant in Variant::ALL {
                let name = format!("{}-{}-{}", recipe.name(), number + 1, variant.name());
                let folder = self.runs.join(name.replace(':', "-"));
                self.lay_out(recipe, &folder, &variant.of(&sample)?)?;
                let surroundings = self.surroundings(recipe, &folder)?;
                let result = self.run(run, variant, &surroundings, &folder);
                result.with_context(|| format!("way {}, {}", number + 1, variant.name()))?;
            }
        }
        Ok(())
    }

    /// The ways to run a recipe.
    fn ways(&self, recipe: Recipe) -> anyhow::Result<Vec<Run>> {
        if recipe == Recipe::GitHubActions {
            let files = self.matrix.recipes.files(recipe.name());
            let workflow = files.iter().find(|(name, _)| *name == WORKFLOW);
            let (_, text) = workflow.with_context(|| format!("the page has no {WORKFLOW}"))?;
            let python = self.matrix.worker(Client::AwsCliV1)?.path.as_deref();
            let file = self.runs.join("workflow.yml");
            fs::create_dir_all(&self.runs)?;
            fs::write(&file, text)?;
            let steps =
                workflow::commands(&file, &Surroundings::new(&self.runs).with_path(python))?;
            // As a runner does.
            let shell = &["bash", "-ec"];
            return Ok(vec![Run { shell, steps }]);
        }
        let runs = self
            .matrix
            .recipes
            .runs(recipe.name())
            .into_iter()
            .map(|script| Run {
                shell: &["sh", "-euc"],
                steps: vec![script.to_owned()],
            });
        Ok(runs.collect())
    }

    /// Puts the files of a recipe and its tape into a folder.
    fn lay_out(&self, recipe: Recipe, folder: &Path, tape: &str) -> anyhow::Result<()> {
        let mut files = self.matrix.recipes.files(recipe.name());
        if recipe == Recipe::GitHubActions {
            files.extend(self.matrix.recipes.files(Recipe::Pytest.name()));
        }
        ensure!(!files.is_empty(), "the page has no file of it");
        files.push((TAPE, tape));
        for (name, text) in files {
            let file = folder.join(name);
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&file, format!("{}\n", text.trim_end()))?;
        }
        match recipe {
            Recipe::NodeTest => {
                let modules = self.matrix.folders.target.join(Client::JsV3.name());
                symlink(modules.join("node_modules"), folder.join("node_modules"))?;
            }
            // What the workflow checks out beside the repository that it is for.
            Recipe::GitHubActions => symlink(&self.matrix.root, folder.join("pipetape"))?,
            _ => {}
        }
        Ok(())
    }

    fn surroundings(&self, recipe: Recipe, folder: &Path) -> anyhow::Result<Surroundings> {
        let mut surroundings = Surroundings::new(folder);
        if recipe == Recipe::GitHubActions {
            // The pipetape is the one that the workflow installs.
            surroundings = workflow::with_cargo(surroundings, folder)?;
        } else {
            surroundings = surroundings.with_path(self.matrix.pipetape.parent());
        }
        if let Some(client) = recipe.clients().first() {
            surroundings = surroundings.with_path(self.matrix.worker(*client)?.path.as_deref());
        }
        Ok(match &self.junit {
            Some(junit) => surroundings.with("JUNIT", OsString::from(junit)),
            None => surroundings,
        })
    }

    fn run(
        &self,
        run: &Run,
        variant: Variant,
        surroundings: &Surroundings,
        folder: &Path,
    ) -> anyhow::Result<()> {
        let mut said = String::new();
        let mut failed = false;
        for (number, step) in run.steps.iter().enumerate() {
            let log = folder.join(format!("step-{}", number + 1));
            let ended = program::run_script(run.shell, step, surroundings, folder, &log)?;
            said += &ended.said();
            failed = !ended.status.success();
            if failed {
                break;
            }
        }
        match variant.sign() {
            None => ensure!(!failed, "failed: {}", end_of(&said)),
            Some(sign) => {
                ensure!(failed, "succeeded, though the tape does not fit");
                ensure!(
                    said.contains(sign),
                    "does not contain {sign:?}: {}",
                    end_of(&said)
                );
            }
        }
        if run.steps.iter().any(|step| step.contains(REPORT)) {
            let report = fs::read_to_string(folder.join(REPORT)).context(REPORT)?;
            ensure!(report.contains("<testsuites"), "{REPORT} is not JUnit XML");
        }
        Ok(())
    }
}

/// The last of what was said, as one line.
fn end_of(said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(6)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_of_known_recipes() {
        for (mark, expected) in [
            ("run for pytest", true),
            ("file a/b.mjs for node:test", true),
            ("run for jest", false),
            ("file a.py of pytest", false),
            ("settings of boto3", false),
            ("", false),
        ] {
            assert_eq!(is_run(mark), expected, "{mark}");
        }
    }

    #[test]
    fn the_end_is_one_line() {
        assert_eq!(end_of("a\n\nb\n"), "a | b");
        assert_eq!(end_of(""), "");
        assert_eq!(end_of(&"x\n".repeat(9)), ["x"; 6].join(" | "));
    }
}
