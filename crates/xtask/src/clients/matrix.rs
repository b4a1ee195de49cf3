//! What the tests of all clients share: every client that is set up, and what it has recorded.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, anyhow};

use super::client::{Fault, Scenario};
use super::page::Page;
use super::program::Worker;
use super::runner::Runner;
use super::sample::SAMPLE;
use super::session::Session;
use super::setup::{Folders, set_up, set_up_moto};
use super::stage::Stage;
use super::{Client, Selection};
use crate::needs::Missing;
use crate::workspace;

/// The clients of a run and the files that its tests read.
#[derive(Debug)]
pub(crate) struct Matrix {
    pub(crate) root: PathBuf,
    pub(crate) folders: Folders,
    /// The program under test.
    pub(crate) pipetape: PathBuf,
    /// `docs/clients.md`.
    pub(crate) page: Page,
    /// `docs/recipes.md`.
    pub(crate) recipes: Page,
    /// Where everything that runs leaves its output.
    pub(crate) runs: PathBuf,
    /// What the session has to be.
    expected: Session,
    entries: Vec<Entry>,
    moto: Prepared<Worker>,
}

/// A client, and what was made for it so far.
#[derive(Debug)]
struct Entry {
    client: Client,
    is_required: bool,
    worker: Prepared<Worker>,
    live: Prepared<Session>,
    tape: Prepared<PathBuf>,
}

/// Something that is made by the first test that needs it.
#[derive(Debug)]
struct Prepared<T>(OnceLock<anyhow::Result<T>>);

impl<T> Prepared<T> {
    const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// What was made, or why it can't be: the same for everyone who asks.
    fn get(&self, make: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<&T> {
        let made = self.0.get_or_init(make).as_ref();
        made.map_err(|error| match error.downcast_ref::<Missing>() {
            Some(missing) => anyhow!(missing.clone()),
            None => anyhow!("{error:#}"),
        })
    }
}

impl Matrix {
    /// Reads what all tests need, and clears what an earlier run left. No client is set up yet.
    ///
    /// # Errors
    ///
    /// Files can't be read or written.
    pub(crate) fn new(selection: &Selection) -> anyhow::Result<Self> {
        let folders = Folders::of_workspace();
        let root = workspace::root();
        let runs = folders.target.join("runs");
        clear(&runs)?;
        let entry = |client: &Client| Entry {
            client: *client,
            is_required: selection.required.contains(client),
            worker: Prepared::new(),
            live: Prepared::new(),
            tape: Prepared::new(),
        };
        Ok(Self {
            pipetape: workspace::target_dir().join("debug").join("pipetape"),
            page: Page::read(&root.join("docs").join("clients.md"))?,
            recipes: Page::read(&root.join("docs").join("recipes.md"))?,
            expected: Session::from_file(&folders.sources.join("session.jsonl"))?,
            entries: selection.only.iter().map(entry).collect(),
            moto: Prepared::new(),
            root,
            folders,
            runs,
        })
    }

    /// Puts a client through a scenario. Those that need its session or its tape make them first.
    ///
    /// # Errors
    ///
    /// [`Missing`], or what did not hold.
    pub(crate) fn run(&self, client: Client, scenario: Scenario) -> anyhow::Result<()> {
        let entry = self.entry(client)?;
        let stage = self.stage(entry)?;
        match scenario {
            Scenario::Emulate => self.live(entry).map(drop),
            Scenario::Record => self.tape(entry).map(drop),
            Scenario::Others => self.others(entry, &stage),
            Scenario::Poll => stage.poll(),
            Scenario::Intercept => {
                let tls = self.moto()?;
                let live = self.live(entry)?;
                stage.intercept(live, tls)?;
                if client.is_slow() {
                    return Ok(());
                }
                stage.intercept_to_emulator(live)
            }
            Scenario::Replay => stage.replay(self.live(entry)?, self.tape(entry)?),
            Scenario::Miss => stage.miss(self.tape(entry)?),
            Scenario::Throttle => {
                stage.fault(self.live(entry)?, Fault::Throttle)?;
                stage.throttled_for_ever()
            }
            Scenario::Reset if client.tries_a_reset_again() => {
                stage.fault(self.live(entry)?, Fault::Reset)
            }
            Scenario::Reset => stage.fatal(Fault::Reset),
        }
    }

    /// A client's worker.
    ///
    /// # Errors
    ///
    /// [`Missing`] if the client is not set up, whatever the reason is: its own tests say it.
    pub(crate) fn worker(&self, client: Client) -> anyhow::Result<&Worker> {
        let worker = self.entry(client).and_then(|entry| self.set_up(entry));
        worker.map_err(|_| anyhow!(Missing(format!("{client} is not set up"))))
    }

    /// The worker that has moto's server and boto3.
    ///
    /// # Errors
    ///
    /// As [`set_up_moto`].
    pub(crate) fn moto(&self) -> anyhow::Result<&Worker> {
        self.moto.get(|| set_up_moto(&self.folders))
    }

    fn entry(&self, client: Client) -> anyhow::Result<&Entry> {
        let mut entries = self.entries.iter();
        let entry = entries.find(|entry| entry.client == client);
        entry.with_context(|| format!("{client} is not among the clients of this run"))
    }

    fn set_up<'a>(&self, entry: &'a Entry) -> anyhow::Result<&'a Worker> {
        entry.worker.get(|| {
            let worker = set_up(entry.client, &self.folders);
            worker.map_err(|error| match error.downcast_ref::<Missing>() {
                Some(what) if entry.is_required => anyhow!("required, but {what}"),
                _ => error,
            })
        })
    }

    fn live<'a>(&self, entry: &'a Entry) -> anyhow::Result<&'a Session> {
        entry.live.get(|| self.stage(entry)?.emulate())
    }

    fn tape<'a>(&self, entry: &'a Entry) -> anyhow::Result<&'a PathBuf> {
        entry
            .tape
            .get(|| self.stage(entry)?.record(self.live(entry)?))
    }

    fn stage<'a>(&'a self, entry: &Entry) -> anyhow::Result<Stage<'a>> {
        let client = entry.client;
        let directory = self.runs.join(client.name());
        let worker = self.set_up(entry)?.clone();
        fs::create_dir_all(&directory)?;
        Ok(Stage {
            runner: Runner {
                worker,
                pipetape: &self.pipetape,
                directory,
            },
            sources: &self.folders.sources,
            expected: &self.expected,
            settings: self.page.settings(client)?,
            not_enough: self.page.not_enough(client),
            attempts: self.page.attempts(client)?,
        })
    }

    /// Plays what others recorded: the other clients of this run, and the sample tape.
    fn others(&self, entry: &Entry, stage: &Stage<'_>) -> anyhow::Result<()> {
        let client = entry.client;
        let mut tapes: Vec<(&str, &Path)> = Vec::new();
        let place = self.entries.iter().position(|other| other.client == client);
        let (before, after) = self.entries.split_at(place.unwrap_or(0));
        // From the next one on, and round. A client that can't record says so in its own tests.
        for other in after.iter().skip(1).chain(before) {
            let tape = self.tape(other).ok();
            tapes.extend(tape.map(|tape| (other.client.name(), tape.as_path())));
        }
        let sample = self.root.join(SAMPLE);
        if client != Client::Boto3 {
            tapes.push(("the sample", &sample));
        }
        if client.is_slow() {
            tapes.truncate(1);
        }
        if tapes.is_empty() {
            return Err(Missing("no other client has recorded a tape".to_owned()).into());
        }
        let live = self.live(entry)?;
        tapes
            .iter()
            .try_for_each(|(recorder, tape)| stage.other(live, recorder, tape))
    }
}

fn clear(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(directory),
    }
}
