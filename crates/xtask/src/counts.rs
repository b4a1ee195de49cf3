//! `cargo xtask counts`: how many instructions the routines of `crates/bench` take, against a baseline.
//!
//! Time on a shared machine varies by more than most changes gain; instructions under callgrind vary
//! by a percent or less. Each routine runs N times and 2N times: the difference is N operations without
//! their set-up.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{needs, workspace};

/// By how many percent a routine may rise over the baseline.
const MOST_PERCENT: f64 = 5.0;

/// What to do with the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    Compare,
    /// Write them as the baseline.
    Update,
}

/// Counts, and what they depend on beside our own code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Baseline {
    rustc: String,
    libc: String,
    processor: String,
    /// Instructions of one operation.
    counts: BTreeMap<String, u64>,
}

/// Counts beside those of the baseline.
#[derive(Debug)]
struct CountChanges<'a> {
    baseline: &'a Baseline,
    measured: &'a Baseline,
}

impl Counts {
    /// Reads `[--update]`.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the arguments.
    pub(crate) fn parse(args: &[OsString]) -> Result<Self, String> {
        match args {
            [] => Ok(Self::Compare),
            [update] if update == "--update" => Ok(Self::Update),
            [other, ..] => Err(format!("`counts` has no argument {other:?}")),
        }
    }

    /// Counts and prints. A rise of over 5 % fails if compiler, libc and processor are those of the baseline.
    ///
    /// # Errors
    ///
    /// The benchmark can't be built, valgrind is missing, or the baseline can't be read.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        needs::provide("valgrind", "valgrind")?;
        let file = workspace::root().join("crates/bench/counts.json");
        let measured = Baseline::measure()?;
        if self == Self::Update {
            let text = serde_json::to_string_pretty(&measured)?;
            fs::write(&file, text + "\n")?;
            println!(
                "{}",
                CountChanges {
                    baseline: &measured,
                    measured: &measured
                }
            );
            return Ok(ExitCode::SUCCESS);
        }
        let text = fs::read_to_string(&file);
        let text = text.with_context(|| {
            let file = file.display();
            format!("can't read {file}; write it with `cargo xtask counts --update`")
        })?;
        let baseline: Baseline = serde_json::from_str(&text).context("counts.json")?;
        let comparison = CountChanges {
            baseline: &baseline,
            measured: &measured,
        };
        println!("{comparison}");
        Ok(if comparison.fails() {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

impl Baseline {
    fn measure() -> anyhow::Result<Self> {
        let program = build()?;
        let routines = output(Command::new(&program).arg("count"))?;
        let mut counts = BTreeMap::new();
        for line in routines.lines() {
            let (name, times) = line.split_once(' ').context("a routine without a number")?;
            let times: u64 = times.parse()?;
            let (once, twice) = thread::scope(|scope| {
                let once = scope.spawn(|| instructions(&program, name, times));
                let twice = instructions(&program, name, 2 * times);
                (once.join(), twice)
            });
            let once = once.unwrap_or_else(|_| bail!("the count of {name} panicked"))?;
            let count = twice?.saturating_sub(once) / times;
            eprintln!("{name}: {count}");
            counts.insert(name.to_owned(), count);
        }
        let libc = output(Command::new("ldd").arg("--version"))?;
        Ok(Self {
            rustc: output(Command::new("rustc").arg("--version"))?
                .trim()
                .to_owned(),
            libc: libc.lines().next().unwrap_or_default().to_owned(),
            processor: processor(),
            counts,
        })
    }
}

/// Builds the benchmark; gives its program.
fn build() -> anyhow::Result<PathBuf> {
    let args = [
        "build",
        "--locked",
        "--profile",
        "counts",
        "--package",
        "bench",
    ];
    let mut command = workspace::cargo();
    command.args(args).args([
        "--bench",
        "micro",
        "--message-format",
        "json-render-diagnostics",
    ]);
    let messages = output(&mut command)?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "micro")
        .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
        .context("cargo names no program")
}

/// Instructions of a whole run.
fn instructions(program: &Path, name: &str, times: u64) -> anyhow::Result<u64> {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["count", name, &times.to_string()])
        .stdin(Stdio::null())
        .output()
        .context("can't run valgrind")?;
    let said = String::from_utf8_lossy(&run.stderr);
    ensure!(run.status.success(), "{name} failed under valgrind: {said}");
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let (_, number) = collected.context("valgrind names no count")?;
    Ok(number.trim().parse()?)
}

/// Libraries choose their routines by what the processor can do; valgrind has no more than AVX2.
fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return "x86_64 with AVX2".to_owned();
    }
    std::env::consts::ARCH.to_owned()
}

/// What a command says on stdout. Its stderr is shown.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let typed = workspace::typed(command);
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("can't run `{typed}`"))?;
    ensure!(
        output.status.success(),
        "`{typed}` failed ({})",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}

impl CountChanges<'_> {
    /// Whether both were counted on the same ground.
    fn is_alike(&self) -> bool {
        let ground =
            |counts: &Baseline| [&counts.rustc, &counts.libc, &counts.processor].map(String::clone);
        ground(self.baseline) == ground(self.measured)
    }

    /// How many percent more than in the baseline.
    fn rise(&self, name: &str) -> Option<f64> {
        let before = *self.baseline.counts.get(name)? as f64;
        let now = *self.measured.counts.get(name)? as f64;
        Some((now - before) / before * 100.0)
    }

    fn fails(&self) -> bool {
        let mut names = self.measured.counts.keys();
        self.is_alike() && names.any(|name| self.rise(name).is_some_and(|rise| rise > MOST_PERCENT))
    }
}

impl fmt::Display for CountChanges<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:24}{:>14}{:>14}{:>9}",
            "instructions", "baseline", "now", "change"
        )?;
        for (name, now) in &self.measured.counts {
            let before = self.baseline.counts.get(name);
            let before = before.map_or("-".to_owned(), u64::to_string);
            let change = self
                .rise(name)
                .map_or("new".to_owned(), |rise| format!("{rise:+.1} %"));
            writeln!(f, "{name:24}{before:>14}{now:>14}{change:>9}")?;
        }
        if !self.is_alike() {
            let Baseline {
                rustc,
                libc,
                processor,
                ..
            } = self.baseline;
            return write!(
                f,
                "reported only: the baseline was counted with {rustc}, {libc}, {processor}"
            );
        }
        if self.fails() {
            return write!(
                f,
                "FAILED: more than {MOST_PERCENT} % above the baseline; find out why, or accept it with `cargo xtask counts --update`"
            );
        }
        write!(f, "within {MOST_PERCENT} % of the baseline")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(rustc: &str, serve: u64) -> Baseline {
        Baseline {
            rustc: rustc.to_owned(),
            libc: "2.36".to_owned(),
            processor: "x86_64".to_owned(),
            counts: BTreeMap::from([("serve".to_owned(), serve)]),
        }
    }

    #[test]
    fn a_rise_of_over_five_percent_fails_on_the_same_ground() {
        let baseline = counted("1.95", 1000);
        for (measured, fails, last) in [
            (counted("1.95", 1040), false, "within 5 % of the baseline"),
            (
                counted("1.95", 1060),
                true,
                "FAILED: more than 5 % above the baseline; find out why, or accept it with `cargo xtask counts --update`",
            ),
            (
                counted("1.96", 1060),
                false,
                "reported only: the baseline was counted with 1.95, 2.36, x86_64",
            ),
            (counted("1.95", 500), false, "within 5 % of the baseline"),
        ] {
            let comparison = CountChanges {
                baseline: &baseline,
                measured: &measured,
            };
            assert_eq!(comparison.fails(), fails, "{comparison}");
            assert_eq!(comparison.to_string().lines().last(), Some(last));
        }
    }

    #[test]
    fn a_new_routine_has_nothing_to_rise_from() {
        let baseline = Baseline {
            counts: BTreeMap::new(),
            ..counted("1.95", 0)
        };
        let measured = counted("1.95", 10);
        let comparison = CountChanges {
            baseline: &baseline,
            measured: &measured,
        };
        assert!(!comparison.fails());
        assert!(comparison.to_string().contains("new\n"));
    }
}
