//! What concerns no single client.

use std::path::Path;

use super::{
    Client, fleet, moto,
    page::{Page, is_run_with_a_client},
    program::Worker,
    recipes::{self, Recipes},
    runner::Runner,
    sample,
    setup::{Folders, Setup, set_up_moto},
    table::Outcome,
};

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
    /// The workers of the clients that are set up.
    pub(crate) workers: Vec<(Client, &'a Worker)>,
    /// Where everything that runs leaves its output.
    pub(crate) runs: &'a Path,
}

impl Checks<'_> {
    /// Runs each of them.
    pub(crate) fn run(&self) -> Vec<(&'static str, Outcome)> {
        let mut names_and_outcomes = vec![
            (
                "the sample tape, recorded again",
                self.with_boto3(Self::sample),
            ),
            (
                "commands in docs/clients.md",
                self.with_boto3(Self::commands),
            ),
            ("signatures, checked by moto", self.moto()),
            ("200 jobs, three workers, faults", self.fleet()),
            (
                "code in docs/clients.md",
                Outcome::from(&self.page.check_sources(self.root, is_run_with_a_client)),
            ),
            (
                "code in docs/recipes.md",
                Outcome::from(&self.recipes.check_sources(self.root, recipes::is_run)),
            ),
        ];
        let recipes = Recipes {
            root: self.root,
            folders: self.folders,
            pipetape: self.pipetape,
            page: self.recipes,
            workers: &self.workers,
            runs: self.runs.join("recipes"),
        };
        names_and_outcomes.extend(recipes.outcomes());
        names_and_outcomes
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
        sample::run_script(self.root, self.pipetape, boto3, &directory, script)
    }

    /// A fleet of three, one of each kind: an SDK with an interpreter, a process per call, a compiled program.
    fn fleet(&self) -> Outcome {
        let mut workers = Vec::new();
        for client in [Client::Boto3, Client::AwsCliV1, Client::Rust] {
            match self.worker(client) {
                Some(worker) => workers.push((client, worker)),
                None => return missing(client),
            }
        }
        Outcome::from(&fleet::check(
            self.pipetape,
            &self.runs.join("fleet"),
            &workers,
        ))
    }

    fn moto(&self) -> Outcome {
        if self.worker(Client::Boto3).is_none() {
            return missing(Client::Boto3);
        }
        match set_up_moto(self.folders) {
            Ok(Setup::Ready(worker)) => {
                let runner = Runner {
                    worker,
                    pipetape: self.pipetape,
                    directory: self.runs.join("moto"),
                };
                let server = self.folders.sources.join("moto").join("server.py");
                Outcome::from(&moto::check(&runner, &server))
            }
            Ok(Setup::Missing(what)) => Outcome::Skipped(what),
            Err(error) => Outcome::Failed(format!("{error:#}")),
        }
    }
}

/// Why a check is skipped.
fn missing(client: Client) -> Outcome {
    Outcome::Skipped(format!("{client} is not set up"))
}
