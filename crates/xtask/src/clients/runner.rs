//! Runs a worker, and pipetape around it or beside it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::program::{self, Ended, Running, Surroundings, Worker};
use super::server::Server;
use super::session::Session;

/// The exit code of a pipetape or worker that did what it was asked.
pub(crate) const DONE: i32 = 0;

/// A worker, the program under test, and a folder for what both leave.
#[derive(Debug)]
pub(crate) struct Runner<'a> {
    pub(crate) worker: Worker,
    pub(crate) pipetape: &'a Path,
    /// Where the store is and all output is kept. It is the home of everything that runs.
    pub(crate) directory: PathBuf,
}

impl Runner<'_> {
    /// Records the worker on a tape of this name, with the keys that `surroundings` has; gives what the
    /// worker saw, and the tape file.
    ///
    /// # Errors
    ///
    /// The worker or pipetape fails.
    pub(crate) fn record(
        &self,
        name: &str,
        upstream: &Server,
        surroundings: &Surroundings,
    ) -> anyhow::Result<(Session, PathBuf)> {
        let ended = self.recording(name, upstream, surroundings)?;
        let seen = Session::parse(ended.lines_if(DONE)?)?;
        Ok((seen, self.export(name)?))
    }

    /// As [`Runner::record`], whatever the worker comes to. The tape is in the store.
    ///
    /// # Errors
    ///
    /// pipetape can't be run.
    pub(crate) fn recording(
        &self,
        name: &str,
        upstream: &Server,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Ended> {
        let mut words = self.pipetape(&["record", name, "--upstream", upstream.url(), "--"]);
        words.extend(self.worker.command.iter().cloned());
        self.run(surroundings, &words, name)
    }

    /// Exports a tape of the store; gives the tape file.
    ///
    /// # Errors
    ///
    /// pipetape fails.
    pub(crate) fn export(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.directory.join(name).with_extension("tape.json");
        let mut words = self.pipetape(&["export", name]);
        words.push(path.clone().into());
        let ended = self.run(&self.surroundings(), &words, &format!("{name}.export"))?;
        ended.lines_if(DONE).context("export")?;
        Ok(path)
    }

    /// Plays a whole tape around the worker; gives what it saw.
    ///
    /// # Errors
    ///
    /// The worker or pipetape fails, a call misses, or an exchange is left.
    pub(crate) fn play(&self, log: &str, tape: &Path) -> anyhow::Result<Session> {
        Session::parse(self.playing(log, tape)?.lines_if(DONE)?)
    }

    /// As [`Runner::play`], whatever the worker comes to.
    ///
    /// # Errors
    ///
    /// pipetape can't be run.
    pub(crate) fn playing(&self, log: &str, tape: &Path) -> anyhow::Result<Ended> {
        let mut words = self.pipetape(&["replay", "--strict"]);
        words.extend([tape.into(), "--".into()]);
        words.extend(self.worker.command.iter().cloned());
        self.run(&self.surroundings(), &words, log)
    }

    /// Runs anything to its end.
    ///
    /// # Errors
    ///
    /// It can't be run, or takes too long.
    pub(crate) fn run(
        &self,
        surroundings: &Surroundings,
        words: &[OsString],
        log: &str,
    ) -> anyhow::Result<Ended> {
        program::run(&mut surroundings.command(words)?, &self.log(log))
    }

    /// Starts anything that does not end by itself.
    ///
    /// # Errors
    ///
    /// It can't be run.
    pub(crate) fn start(
        &self,
        surroundings: &Surroundings,
        words: &[OsString],
        log: &str,
    ) -> anyhow::Result<Running> {
        Running::start(&mut surroundings.command(words)?, &self.log(log))
    }

    /// As [`Runner::start`], for a pipetape around another command: gives the `HOST:PORT` where it listens, too.
    ///
    /// # Errors
    ///
    /// It can't be run, or does not listen.
    pub(crate) fn start_around(
        &self,
        surroundings: &Surroundings,
        words: &[OsString],
        log: &str,
    ) -> anyhow::Result<(Running, String)> {
        Running::start_around(&mut surroundings.command(words)?, &self.log(log))
    }

    /// Starts a pipetape that serves on any free port.
    ///
    /// # Errors
    ///
    /// It does not come up.
    pub(crate) fn serve(&self, words: &[OsString], log: &str) -> anyhow::Result<Server> {
        self.serve_with(&self.surroundings(), words, log)
    }

    /// As [`Runner::serve`], with another environment.
    ///
    /// # Errors
    ///
    /// It does not come up.
    pub(crate) fn serve_with(
        &self,
        surroundings: &Surroundings,
        words: &[OsString],
        log: &str,
    ) -> anyhow::Result<Server> {
        Server::start(surroundings, words, &self.log(log))
    }

    /// The words of a pipetape command.
    pub(crate) fn pipetape(&self, args: &[&str]) -> Vec<OsString> {
        let mut words = vec![self.pipetape.into()];
        words.extend(args.iter().map(OsString::from));
        words
    }

    /// An environment with the worker's programs, and without any keys.
    pub(crate) fn surroundings(&self) -> Surroundings {
        Surroundings::new(&self.directory)
            .with_path(self.worker.path.as_deref())
            .with("PIPETAPE_STORE", self.directory.join("store"))
    }

    fn log(&self, name: &str) -> PathBuf {
        // A name may have a dot, which `with_extension` would take for an extension.
        self.directory.join(name.replace('.', "-"))
    }
}
