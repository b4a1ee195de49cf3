//! Every client through every scenario.

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{fs, io};

use super::checks::Checks;
use super::page::Page;
use super::runner::Runner;
use super::sample::SAMPLE;
use super::scenario::{Fault, Scenario};
use super::session::Session;
use super::setup::{Folders, Setup, set_up, set_up_moto};
use super::stage::Stage;
use super::table::{Outcome, Table};
use super::{Client, Selection};
use crate::totals::Totals;
use crate::workspace;

/// A client that is set up, and what it has done so far.
struct Entry<'a> {
    client: Client,
    stage: Stage<'a>,
    live: anyhow::Result<Session>,
    tape: anyhow::Result<PathBuf>,
}

/// Sets the clients up, runs them and prints the table.
///
/// # Errors
///
/// The files that all of them need can't be read or written.
pub(crate) fn run(selection: &Selection) -> anyhow::Result<Totals> {
    let folders = Folders::of_workspace();
    let root = workspace::root();
    let pipetape = workspace::target_dir().join("debug").join("pipetape");
    let page = Page::read(&root.join("docs").join("clients.md"))?;
    let recipes = Page::read(&root.join("docs").join("recipes.md"))?;
    let expected = Session::from_file(&folders.sources.join("session.jsonl"))?;
    let runs = folders.target.join("runs");
    clear(&runs)?;

    let moto = set_up_moto(&folders);
    let mut entries = Vec::new();
    let mut rows = Vec::new();
    for &client in &selection.only {
        let worker = match set_up(client, &folders) {
            Ok(Setup::Ready(worker)) => Ok(worker),
            Ok(Setup::Missing(what)) if selection.required.contains(&client) => {
                Err(Outcome::Failed(format!("required, but {what}")))
            }
            Ok(Setup::Missing(what)) => Err(Outcome::Skipped(what)),
            Err(error) => Err(Outcome::Failed(format!("{error:#}"))),
        };
        let worker = match worker {
            Ok(worker) => worker,
            Err(outcome) => {
                rows.push((client, Scenario::ALL.map(|_| outcome.clone())));
                continue;
            }
        };
        let directory = runs.join(client.name());
        fs::create_dir_all(&directory)?;
        entries.push(Entry::begin(
            client,
            Stage {
                runner: Runner {
                    worker,
                    pipetape: &pipetape,
                    directory,
                },
                sources: &folders.sources,
                expected: &expected,
                settings: page.settings(client)?,
                not_enough: page.not_enough(client),
                attempts: page.attempts(client)?,
            },
        ));
    }
    let sample = root.join(SAMPLE);
    rows.extend(
        entries
            .iter()
            .map(|entry| (entry.client, entry.cells(&entries, &sample, &moto))),
    );
    rows.sort_by_key(|(client, _)| selection.only.iter().position(|one| one == client));
    let workers = entries
        .iter()
        .map(|entry| (entry.client, &entry.stage.runner.worker));
    let checks = Checks {
        root: &root,
        folders: &folders,
        pipetape: &pipetape,
        page: &page,
        recipes: &recipes,
        moto: &moto,
        workers: workers.collect(),
        runs: &runs,
    };
    let table = Table {
        rows,
        checks: checks.run(),
    };
    println!("{table}\n");
    Ok(table.totals())
}

impl<'a> Entry<'a> {
    /// Runs the scenarios that the others need.
    fn begin(client: Client, stage: Stage<'a>) -> Self {
        let live = timed(client, Scenario::Emulate, || stage.emulate());
        let tape = timed(client, Scenario::Record, || stage.record(known(&live)?));
        Self {
            client,
            stage,
            live,
            tape,
        }
    }

    /// What came of each scenario.
    fn cells(
        &self,
        all: &[Self],
        sample: &Path,
        moto: &anyhow::Result<Setup>,
    ) -> [Outcome; Scenario::ALL.len()] {
        Scenario::ALL.map(|scenario| match scenario {
            Scenario::Emulate => Outcome::from(&self.live),
            Scenario::Record => Outcome::from(&self.tape),
            Scenario::Others => self.others(all, sample),
            Scenario::Poll => Outcome::from(&timed(self.client, scenario, || self.stage.poll())),
            Scenario::Intercept => Outcome::with(moto, |tls| {
                timed(self.client, scenario, || {
                    let live = known(&self.live)?;
                    self.stage.intercept(live, tls)?;
                    if self.client.is_slow() {
                        return Ok(());
                    }
                    self.stage.intercept_to_emulator(live)
                })
            }),
            scenario => Outcome::from(&timed(self.client, scenario, || {
                let (live, tape) = (known(&self.live)?, known(&self.tape)?);
                match scenario {
                    Scenario::Replay => self.stage.replay(live, tape),
                    Scenario::Miss => self.stage.miss(tape),
                    Scenario::Throttle => {
                        self.stage.fault(live, Fault::Throttle)?;
                        self.stage.throttled_for_ever()
                    }
                    _ if self.client.tries_a_reset_again() => self.stage.fault(live, Fault::Reset),
                    _ => self.stage.fatal(Fault::Reset),
                }
            })),
        })
    }

    /// Plays what others recorded: the other clients of this run, and the sample tape.
    fn others(&self, all: &[Self], sample: &Path) -> Outcome {
        let place = all
            .iter()
            .position(|other| other.client == self.client)
            .unwrap_or(0);
        // From the next one on, and round.
        let others = all[place + 1..].iter().chain(&all[..place]);
        let tapes =
            others.filter_map(|other| Some((other.client.name(), other.tape.as_deref().ok()?)));
        let mut tapes: Vec<(&str, &Path)> = tapes.collect();
        if self.client != Client::Boto3 {
            tapes.push(("the sample", sample));
        }
        if self.client.is_slow() {
            tapes.truncate(1);
        }
        if tapes.is_empty() {
            return Outcome::Skipped("no other client has recorded a tape".to_owned());
        }
        Outcome::from(&timed(self.client, Scenario::Others, || {
            let live = known(&self.live)?;
            tapes
                .iter()
                .try_for_each(|(recorder, tape)| self.stage.other(live, recorder, tape))
        }))
    }
}

/// What an earlier scenario gave.
fn known<T>(result: &anyhow::Result<T>) -> anyhow::Result<&T> {
    result
        .as_ref()
        .map_err(|_| anyhow::anyhow!("what it needs from an earlier scenario is not there"))
}

/// Runs a cell and says on stderr how long it took.
fn timed<T>(
    client: Client,
    scenario: Scenario,
    cell: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let began = Instant::now();
    let result = cell();
    let word = if result.is_ok() { "passed" } else { "failed" };
    eprintln!(
        "{client}, {scenario}: {word} ({:.1} s)",
        began.elapsed().as_secs_f64()
    );
    result
}

fn clear(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(directory),
    }
}
