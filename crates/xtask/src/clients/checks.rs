//! What concerns no single client.

use std::path::Path;

use super::flows::FLOWS;
use super::matrix::Matrix;
use super::page::is_run_with_a_client;
use super::program::Worker;
use super::recipes::{self, Recipe};
use super::runner::Runner;
use super::{Client, fleet, moto, race, sample};

/// Says what does not hold.
type Check = Box<dyn Fn(&Matrix) -> anyhow::Result<()> + Send>;

/// A check of several workers: with the program under test, and a folder for what they leave.
type CheckOfWorkers = fn(&Path, &Path, &[(Client, &Worker)]) -> anyhow::Result<()>;

/// Each of them, with its title.
pub(crate) fn checks() -> Vec<(&'static str, Check)> {
    let mut checks: Vec<(&'static str, Check)> = vec![
        ("the sample tape, recorded again", Box::new(sample_again)),
        ("commands in docs/clients.md", Box::new(commands)),
        ("signatures, checked by moto", Box::new(signatures)),
        ("artifacts in an S3 of one's own", Box::new(artifacts)),
        // A fleet of three, one of each kind: an SDK with an interpreter, a process per call, a compiled program.
        (
            "200 jobs, three workers, faults",
            with_workers(
                [Client::Boto3, Client::AwsCliV1, Client::Rust],
                "fleet",
                fleet::check,
            ),
        ),
        // Of those that start fast, so that they meet, and that poll for as many jobs at a time.
        (
            "racing workers, replayed in sessions",
            with_workers(
                [Client::Boto3, Client::JsV3, Client::Rust],
                "race",
                race::check,
            ),
        ),
        (
            "code in docs/clients.md",
            Box::new(|matrix| {
                matrix
                    .page
                    .check_sources(&matrix.root, is_run_with_a_client)
            }),
        ),
        (
            "code in docs/recipes.md",
            Box::new(|matrix| matrix.recipes.check_sources(&matrix.root, recipes::is_run)),
        ),
    ];
    for flow in FLOWS {
        let check = move |matrix: &Matrix| {
            let worker = matrix.worker(flow.client)?;
            let (sources, directory) = (&matrix.folders.sources, matrix.runs.join("flows"));
            flow.check(&matrix.pipetape, sources, worker, &directory)
        };
        checks.push((flow.title, Box::new(check)));
    }
    for recipe in Recipe::ALL {
        let check = move |matrix: &Matrix| recipes::check(recipe, matrix);
        checks.push((recipe.title(), Box::new(check)));
    }
    checks
}

fn sample_again(matrix: &Matrix) -> anyhow::Result<()> {
    let boto3 = matrix.worker(Client::Boto3)?;
    sample::record_again(
        &matrix.root,
        &matrix.pipetape,
        boto3,
        &matrix.runs.join("sample"),
    )
}

fn commands(matrix: &Matrix) -> anyhow::Result<()> {
    let boto3 = matrix.worker(Client::Boto3)?;
    let script = matrix.page.script(Client::Boto3)?;
    let directory = matrix.runs.join("page");
    sample::run_script(&matrix.root, &matrix.pipetape, boto3, &directory, script)?;
    Ok(())
}

fn signatures(matrix: &Matrix) -> anyhow::Result<()> {
    matrix.worker(Client::Boto3)?;
    let runner = Runner {
        worker: matrix.moto()?.clone(),
        pipetape: &matrix.pipetape,
        directory: matrix.runs.join("moto"),
    };
    let server = matrix.folders.sources.join("moto").join("server.py");
    moto::check(&runner, &server)
}

fn artifacts(matrix: &Matrix) -> anyhow::Result<()> {
    matrix.worker(Client::Boto3)?;
    let directory = matrix.runs.join("artifacts");
    let sources = &matrix.folders.sources;
    sample::artifacts(
        &matrix.root,
        sources,
        &matrix.pipetape,
        matrix.moto()?,
        &directory,
    )
}

fn with_workers(clients: [Client; 3], directory: &'static str, check: CheckOfWorkers) -> Check {
    Box::new(move |matrix| {
        let mut workers = Vec::new();
        for client in clients {
            workers.push((client, matrix.worker(client)?));
        }
        check(&matrix.pipetape, &matrix.runs.join(directory), &workers)
    })
}
