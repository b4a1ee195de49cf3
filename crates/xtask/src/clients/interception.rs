//! A client that knows of nothing but a proxy: `--intercept`, around the worker.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context;

use super::difference::Kinship;
use super::program::{Surroundings, Worker};
use super::runner::{DONE, Runner};
use super::server::Server;
use super::session::Session;
use super::stage::{Stage, every_job_ended_once};
use super::tape::TapeFile;

/// The service in the region that workers are started in.
const HOST: &str = "codepipeline.us-east-1.amazonaws.com";

impl Stage<'_> {
    /// The session recorded on its way to a service of CodePipeline's name, which checks the worker's own signature, and the
    /// tape in the place of that service. The worker has no endpoint of ours. `tls` has what the service ends TLS
    /// with.
    pub(crate) fn intercept(&self, live: &Session, tls: &Worker) -> anyhow::Result<()> {
        let emulator = self.emulator("intercept.emulator", None)?;
        let authority = self.runner.directory.join("upstream.pem");
        let script = self.sources.join("intercept").join("upstream.py");
        let words: [OsString; 5] = [
            "python3".into(),
            script.into(),
            HOST.into(),
            emulator.address().into(),
            authority.clone().into(),
        ];
        let surroundings = Surroundings::new(&self.runner.directory).with_path(tls.path.as_deref());
        let upstream = self
            .runner
            .serve_with(&surroundings, &words, "intercept.upstream")?;
        let tape = self.intercepted(live, &upstream, authority)?;
        every_job_ended_once(&emulator)?;
        upstream.stop(DONE)?;
        emulator.stop(DONE)?;

        let mut words = self.runner.pipetape(&["replay", "--intercept", "--strict"]);
        words.extend([tape.into(), "--".into()]);
        let played = around(
            &self.runner,
            words,
            &self.runner.surroundings(),
            "intercept.replay",
        )
        .context("replay")?;
        played.must_be(live, Kinship::Redacted).context("replay")
    }

    /// The session with the emulator in the place of the service.
    pub(crate) fn intercept_to_emulator(&self, live: &Session) -> anyhow::Result<()> {
        let mut words = self.runner.pipetape(&["emulate", "--intercept", "--jobs"]);
        words.extend([self.sources.join("jobs.json").into(), "--".into()]);
        let seen = around(
            &self.runner,
            words,
            &self.runner.surroundings(),
            "intercept.emulate",
        )
        .context("emulate")?;
        seen.must_be(live, Kinship::Same).context("emulate")
    }

    /// Records the worker; gives the tape file.
    fn intercepted(
        &self,
        live: &Session,
        upstream: &Server,
        authority: PathBuf,
    ) -> anyhow::Result<PathBuf> {
        let address = upstream.url().trim_start_matches("https://");
        let resolve = format!("{HOST}:443:{address}");
        let words = ["record", "intercept", "--intercept", "--resolve", &resolve];
        let mut words = self.runner.pipetape(&words);
        words.extend(["--upstream-ca".into(), authority.into(), "--".into()]);
        let surroundings = self.runner.surroundings().with_keys();
        let seen =
            around(&self.runner, words, &surroundings, "intercept.record").context("record")?;
        seen.must_be(live, Kinship::Same).context("record")?;
        let path = self.runner.export("intercept")?;
        let tape = TapeFile::read(&path)?;
        tape.must_have(live.calls())?;
        let mut secrets = live.secrets();
        secrets.extend(self.client_tokens()?);
        tape.must_not_have(&secrets)?;
        Ok(path)
    }
}

/// Runs the worker after these words; gives what it saw.
fn around(
    runner: &Runner<'_>,
    mut words: Vec<OsString>,
    surroundings: &Surroundings,
    log: &str,
) -> anyhow::Result<Session> {
    words.extend(runner.worker.command.iter().cloned());
    Session::parse(runner.run(surroundings, &words, log)?.lines_if(DONE)?)
}
