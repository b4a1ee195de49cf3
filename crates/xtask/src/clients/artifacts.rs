//! A worker with artifacts in an S3 of its own: the commands of `docs/artifacts.md`.

use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, bail};

use super::difference::Kinship;
use super::page::{Page, is_run_with_a_client};
use super::program::Worker;
use super::runner::DONE;
use super::sample::run_script;
use super::session::Session;
use super::tape::TapeFile;

/// The tape, from the root of the repository.
const TAPE: &str = "recordings/artifacts.tape.json";

/// The port of the S3 in the documentation.
const DOCUMENTED_PORT: &str = "5566";

/// Plays the tape to the worker, and records it again. `moto` has moto's server and boto3.
///
/// # Errors
///
/// The commands fail, the worker fetches or puts something else, or the recording differs.
pub(crate) fn check(
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
    let record = record.replace(TAPE, &again.display().to_string());
    run("record", &format!("{server}\n{record}")).context("its recording")?;
    TapeFile::read(&again)?.must_repeat(&TapeFile::read(&root.join(TAPE))?)
}

/// A port that nobody listens on.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
