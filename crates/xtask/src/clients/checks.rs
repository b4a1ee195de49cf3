//! What concerns no single client.

use std::path::Path;

use super::flows::{FLOWS, Flow};
use super::page::{Page, is_run_with_a_client};
use super::program::Worker;
use super::recipes::{self, Recipes};
use super::runner::Runner;
use super::setup::{Folders, Setup};
use super::table::Outcome;
use super::{Client, artifacts, fleet, moto, race, sample};

/// A check of several workers: with the program under test, and a folder for what they leave.
type CheckOfWorkers = fn(&Path, &Path, &[(Client, &Worker)]) -> anyhow::Result<()>;

/// What the checks go by.
#[derive(Debug)]
pub(crate) struct Checks<'a> {
    pub(crate) root: &'a Path,
    pub(crate) folders: &'a Folders,
    pub(crate) pipetape: &'a Path,
    /// `docs/clients.md`.
    pub(crate) page: &'a Page,
    /// `docs/recipes.md`.
    pub(crate) recipes: &'a Page,
    /// The one that has moto's server.
    pub(crate) moto: &'a anyhow::Result<Setup>,
    /// The workers of the clients that are set up.
    pub(crate) workers: Vec<(Client, &'a Worker)>,
    /// Where everything that runs leaves its output.
    pub(crate) runs: &'a Path,
}

impl Checks<'_> {
    /// Runs each of them.
    pub(crate) fn run(&self) -> Vec<(&'static str, Outcome)> {
        let mut outcomes = vec![
            (
                "the sample tape, recorded again",
                self.with_boto3(Self::sample),
            ),
            (
                "commands in docs/clients.md",
                self.with_boto3(Self::commands),
            ),
            (
                "signatures, checked by moto",
                self.with_moto(Self::signatures),
            ),
            (
                "artifacts in an S3 of one's own",
                self.with_moto(Self::artifacts),
            ),
            ("200 jobs, three workers, faults", self.fleet()),
            ("racing workers, replayed in sessions", self.race()),
            (
                "code in docs/clients.md",
                Outcome::from(&self.page.check_sources(self.root, is_run_with_a_client)),
            ),
            (
                "code in docs/recipes.md",
                Outcome::from(&self.recipes.check_sources(self.root, recipes::is_run)),
            ),
        ];
        outcomes.extend(FLOWS.map(|flow| (flow.title, self.flow(flow))));
        let recipes = Recipes {
            root: self.root,
            folders: self.folders,
            pipetape: self.pipetape,
            page: self.recipes,
            workers: &self.workers,
            runs: self.runs.join("recipes"),
        };
        outcomes.extend(recipes.outcomes());
        outcomes
    }

    fn with_boto3(&self, check: fn(&Self, &Worker) -> anyhow::Result<()>) -> Outcome {
        match self.worker(Client::Boto3) {
            Some(worker) => Outcome::from(&check(self, worker)),
            None => missing(Client::Boto3),
        }
    }

    fn worker(&self, client: Client) -> Option<&Worker> {
        let mut workers = self.workers.iter();
        workers.find_map(|(one, worker)| (*one == client).then_some(*worker))
    }

    fn sample(&self, boto3: &Worker) -> anyhow::Result<()> {
        sample::record_again(self.root, self.pipetape, boto3, &self.runs.join("sample"))
    }

    fn commands(&self, boto3: &Worker) -> anyhow::Result<()> {
        let script = self.page.script(Client::Boto3)?;
        let directory = self.runs.join("page");
        sample::run_script(self.root, self.pipetape, boto3, &directory, script)?;
        Ok(())
    }

    /// A fleet of three, one of each kind: an SDK with an interpreter, a process per call, a compiled program.
    fn fleet(&self) -> Outcome {
        let clients = [Client::Boto3, Client::AwsCliV1, Client::Rust];
        self.with_workers(clients, "fleet", fleet::check)
    }

    /// Of those that start fast, so that they meet, and that poll for as many jobs at a time.
    fn race(&self) -> Outcome {
        let clients = [Client::Boto3, Client::JsV3, Client::Rust];
        self.with_workers(clients, "race", race::check)
    }

    fn with_workers(
        &self,
        clients: [Client; 3],
        directory: &str,
        check: CheckOfWorkers,
    ) -> Outcome {
        let mut workers = Vec::new();
        for client in clients {
            match self.worker(client) {
                Some(worker) => workers.push((client, worker)),
                None => return missing(client),
            }
        }
        let directory = self.runs.join(directory);
        Outcome::from(&check(self.pipetape, &directory, &workers))
    }

    fn flow(&self, flow: Flow) -> Outcome {
        let Some(worker) = self.worker(flow.client) else {
            return missing(flow.client);
        };
        let (sources, directory) = (&self.folders.sources, self.runs.join("flows"));
        Outcome::from(&flow.check(self.pipetape, sources, worker, &directory))
    }

    fn with_moto(&self, check: fn(&Self, &Worker) -> anyhow::Result<()>) -> Outcome {
        if self.worker(Client::Boto3).is_none() {
            return missing(Client::Boto3);
        }
        Outcome::with(self.moto, |worker| check(self, worker))
    }

    fn signatures(&self, worker: &Worker) -> anyhow::Result<()> {
        let runner = Runner {
            worker: worker.clone(),
            pipetape: self.pipetape,
            directory: self.runs.join("moto"),
        };
        let server = self.folders.sources.join("moto").join("server.py");
        moto::check(&runner, &server)
    }

    fn artifacts(&self, worker: &Worker) -> anyhow::Result<()> {
        let directory = self.runs.join("artifacts");
        let sources = &self.folders.sources;
        artifacts::check(self.root, sources, self.pipetape, worker, &directory)
    }
}

/// Why a check is skipped.
fn missing(client: Client) -> Outcome {
    Outcome::Skipped(format!("{client} is not set up"))
}
