//! The sample tape of a job worker: recorded again, as its page says.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::Client;
use super::page::Page;
use super::program::{self, Ended, Surroundings, Worker};
use super::runner::DONE;
use super::tape::TapeFile;

/// The tape, from the root of the repository.
pub(crate) const SAMPLE: &str = "recordings/job-worker.tape.json";

/// Runs the commands of `recordings/README.md` and compares what they record with the sample tape.
///
/// # Errors
///
/// They fail, or record something else.
pub(crate) fn record_again(
    root: &Path,
    pipetape: &Path,
    worker: &Worker,
    directory: &Path,
) -> anyhow::Result<()> {
    let page = Page::read(&root.join("recordings").join("README.md"))?;
    let script = page.script(Client::Boto3)?;
    let again = directory.join("job-worker.tape.json");
    let script = script.replace(SAMPLE, &again.display().to_string());
    run_script(root, pipetape, worker, directory, &script)?;
    TapeFile::read(&again)?.must_repeat(&TapeFile::read(&root.join(SAMPLE))?)
}

/// Runs a script of a page, with the program under test and the client's programs in PATH; gives what it left.
///
/// # Errors
///
/// It fails.
pub(crate) fn run_script(
    root: &Path,
    pipetape: &Path,
    worker: &Worker,
    directory: &Path,
    script: &str,
) -> anyhow::Result<Ended> {
    fs::create_dir_all(directory)?;
    let surroundings = Surroundings::new(directory)
        .with_path(pipetape.parent())
        .with_path(worker.path.as_deref())
        .with("PIPETAPE_STORE", directory.join("store"));
    let log = directory.join("script");
    let ended = program::run_script(&["sh", "-euc"], script, &surroundings, root, &log)?;
    ended.lines_if(DONE).context("its commands")?;
    Ok(ended)
}
