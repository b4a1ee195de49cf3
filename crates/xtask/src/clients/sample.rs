//! Sample tapes: played and recorded again, as their pages say.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, bail};

use super::Client;
use super::difference::Kinship;
use super::page::{Page, is_run_with_a_client};
use super::program::{self, Ended, Surroundings, Worker};
use super::runner::DONE;
use super::session::Session;
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

/// The tape of a worker with artifacts, from the root of the repository.
const ARTIFACTS: &str = "recordings/artifacts.tape.json";

/// The port of the S3 in the documentation.
const DOCUMENTED_PORT: &str = "5566";

/// Runs the commands of `docs/artifacts.md`: plays the tape to a worker with artifacts in an S3 of its own, and
/// records it again. `moto` has moto's server and boto3.
///
/// # Errors
///
/// The commands fail, the worker fetches or puts something else, or the recording differs.
pub(crate) fn artifacts(
    root: &Path,
    sources: &Path,
    pipetape: &Path,
    moto: &Worker,
    directory: &Path,
) -> anyhow::Result<()> {
    let page = Page::read(&root.join("docs").join("artifacts.md"))?;
    page.check_sources(root, is_run_with_a_client)?;
    let scripts = page.scripts_with_moto();
    let [play, record] = scripts.as_slice() else {
        bail!("docs/artifacts.md has {} scripts", scripts.len());
    };
    let run = |name: &str, script: &str| {
        let port = free_port()?.to_string();
        let script = script.replace(DOCUMENTED_PORT, &port);
        run_script(root, pipetape, moto, &directory.join(name), &script)
    };

    let expected = Session::from_file(&sources.join("artifacts").join("session.jsonl"))?;
    let played = run("play", play).context("its replay")?;
    Session::parse(played.lines_if(DONE)?)?.must_be(&expected, Kinship::Same)?;

    let again = directory.join("artifacts.tape.json");
    let (server, _) = play.split_once("\n\n").context("no paragraph")?;
    let record = record.replace(ARTIFACTS, &again.display().to_string());
    run("record", &format!("{server}\n{record}")).context("its recording")?;
    TapeFile::read(&again)?.must_repeat(&TapeFile::read(&root.join(ARTIFACTS))?)
}

/// A port that nobody listens on.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
