//! Puts one client through the scenarios.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::client::Fault;
use super::difference::Kinship;
use super::program::Ended;
use super::relay::Relay;
use super::runner::{DONE, Runner};
use super::server::Server;
use super::session::Session;
use super::tape::TapeFile;
use super::{admin, poller};

/// One client with everything its scenarios need.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    /// The client's worker; the folder is empty at first.
    pub(crate) runner: Runner<'a>,
    /// `tests/clients`.
    pub(crate) sources: &'a Path,
    /// What the session has to be.
    pub(crate) expected: &'a Session,
    /// The script that gives the worker its settings, from the documentation.
    pub(crate) settings: &'a str,
    /// Changes of them with which the client sends nothing, says the documentation.
    pub(crate) not_enough: Vec<&'a str>,
    /// How often the client tries a throttled call, says the documentation.
    pub(crate) attempts: u64,
}

/// The endpoint in the documentation's settings.
const DOCUMENTED_ENDPOINT: &str = "http://127.0.0.1:4577";

/// Longest for a miss to reach the user.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The exit code of a worker whose call failed.
const GAVE_UP: i32 = 1;

/// The exit code of a replay in which a call missed.
const MISSED: i32 = 4;

impl Stage<'_> {
    /// The session against the emulator, which checks signatures; gives what the client saw.
    pub(crate) fn emulate(&self) -> anyhow::Result<Session> {
        let emulator = self.emulator("emulate", None)?;
        let live = self.worker(emulator.url(), "emulate.worker", &[])?;
        let live = Session::parse(live.lines_if(DONE)?)?;
        live.without_messages()
            .must_be(self.expected, Kinship::Same)?;
        every_job_ended_once(&emulator)?;
        emulator.stop(DONE)?;
        Ok(live)
    }

    /// The same through a recording around the worker; gives the tape file.
    pub(crate) fn record(&self, live: &Session) -> anyhow::Result<PathBuf> {
        let emulator = self.emulator("record.emulator", None)?;
        let path = self.recording("record", &emulator, live)?;
        every_job_ended_once(&emulator)?;
        emulator.stop(DONE)?;
        let tape = TapeFile::read(&path)?;
        tape.must_have(live.calls())?;
        let mut secrets = live.secrets();
        secrets.extend(self.client_tokens()?);
        tape.must_not_have(&secrets)?;
        Ok(path)
    }

    /// The tape played to a worker that has the settings of the documentation.
    pub(crate) fn replay(&self, live: &Session, tape: &Path) -> anyhow::Result<()> {
        let replay = self.replaying("replay", tape)?;
        let relay = Relay::to(replay.address())?;
        for change in &self.not_enough {
            let ended = self.documented(&relay.url(), change, "replay.not-enough")?;
            ensure!(
                !ended.status.success() && relay.passed().is_empty(),
                "it sends with `{change}`"
            );
        }
        let before = self.utc_now()?;
        let ended = self.documented(&relay.url(), "", "replay.worker")?;
        let after = self.utc_now()?;
        let played = Session::parse(ended.lines_if(DONE)?)?;
        played.must_be(live, Kinship::Redacted)?;
        let passed = relay.passed();
        ensure!(
            passed.len() == live.calls(),
            "{} requests for {} calls",
            passed.len(),
            live.calls()
        );
        // A client that took its clock from a recorded answer would sign with another time.
        for request in passed {
            let signed = request.signed;
            ensure!(
                before <= signed && signed <= after,
                "signed at {signed:?}, sent between {before} and {after}"
            );
        }
        // `--strict`: this also says that every exchange was played.
        replay.stop(DONE)
    }

    /// A tape that another client recorded, played around the worker.
    pub(crate) fn other(&self, live: &Session, recorder: &str, tape: &Path) -> anyhow::Result<()> {
        let played = self.runner.play(&format!("others.{recorder}"), tape);
        let played = played.and_then(|played| played.must_be(live, Kinship::Redacted));
        played.with_context(|| format!("the tape of {recorder}"))
    }

    /// A call that is on no tape.
    pub(crate) fn miss(&self, tape: &Path) -> anyhow::Result<()> {
        let replay = self.replaying("miss", tape)?;
        let relay = Relay::to(replay.address())?;
        let ended = self.worker(&relay.url(), "miss.worker", &["miss"])?;
        let seen = Session::parse(ended.lines_if(DONE)?)?;
        let (code, message) = seen.only_error()?;
        ensure!(code == "PipetapeMissException", "{code}: {message}");
        for part in ["AcknowledgeJob", "/nonce", "never-recorded"] {
            ensure!(
                message.contains(part),
                "{message:?} does not contain {part}"
            );
        }
        let misses = admin::get(replay.address(), "misses")?;
        let Some([miss]) = misses["misses"].as_array().map(Vec::as_slice) else {
            bail!("not one miss: {misses}");
        };
        ensure!(miss["count"] == 1, "{} attempts", miss["count"]);
        let whole = &miss["message"];
        ensure!(whole == message, "the client shows {message:?} of {whole}");
        let (passed, shown) = (relay.passed(), ended.lines.first());
        let ([request], Some((shown, _))) = (passed.as_slice(), shown) else {
            bail!("{} requests", passed.len());
        };
        let took = shown.saturating_duration_since(request.at);
        ensure!(took < AT_ONCE, "shown after {} ms", took.as_millis());
        replay.stop(MISSED)
    }

    /// A recording in which the service fails a call, and its replay.
    pub(crate) fn fault(&self, live: &Session, fault: Fault) -> anyhow::Result<()> {
        let name = fault.name();
        let emulator = self.emulator(&format!("{name}.emulator"), Some(fault.rule()))?;
        let path = self.recording(name, &emulator, live)?;
        every_job_ended_once(&emulator)?;
        emulator.stop(DONE)?;
        let tape = TapeFile::read(&path)?;
        tape.must_have(live.calls() + 1)?;
        tape.must_retry(fault.operation(), |exchange| fault.is_in(exchange))?;
        let played = self.runner.play(&format!("{name}.replay"), &path);
        let played = played.and_then(|played| played.must_be(live, Kinship::Redacted));
        played.context("its replay")
    }

    /// A recording in which the service fails a call for good, and its replay: both end the worker.
    pub(crate) fn fatal(&self, fault: Fault) -> anyhow::Result<()> {
        let name = fault.name();
        let emulator = self.emulator(&format!("{name}.emulator"), Some(fault.rule()))?;
        let surroundings = self.runner.surroundings().with_keys();
        let ended = self.runner.recording(name, &emulator, &surroundings)?;
        emulator.stop(DONE)?;
        let seen = Session::parse(ended.lines_if(GAVE_UP)?)?;
        let path = self.runner.export(name)?;
        let tape = TapeFile::read(&path)?;
        tape.must_have(seen.calls() + 1)?;
        tape.must_end(|exchange| fault.is_in(exchange))?;
        let ended = self.runner.playing(&format!("{name}.replay"), &path)?;
        let played = Session::parse(ended.lines_if(GAVE_UP)?)?;
        let played = played.must_be(&seen, Kinship::Redacted);
        played.context("its replay")
    }

    /// A call that is throttled for ever: tried as often as the documentation says.
    pub(crate) fn throttled_for_ever(&self) -> anyhow::Result<()> {
        let emulator = self.emulator("throttled.emulator", Some("AcknowledgeJob:throttle"))?;
        let ended = self.worker(emulator.url(), "throttled.worker", &["miss"])?;
        let seen = Session::parse(ended.lines_if(DONE)?)?;
        let (code, _) = seen.only_error()?;
        ensure!(code == "ThrottlingException", "{code} for a throttled call");
        let calls = &admin::get(emulator.address(), "health")?["calls"];
        ensure!(
            *calls == self.attempts,
            "a throttled call is tried {calls} times, documented are {}",
            self.attempts
        );
        emulator.stop(DONE)
    }

    /// A worker that takes jobs until SIGTERM stops it: live, recorded and replayed.
    pub(crate) fn poll(&self) -> anyhow::Result<()> {
        poller::check(&self.runner, self.sources)
    }

    /// Records the session around the worker, and checks what it saw; gives the tape file.
    fn recording(&self, name: &str, upstream: &Server, live: &Session) -> anyhow::Result<PathBuf> {
        let surroundings = self.runner.surroundings().with_keys();
        let (seen, tape) = self.runner.record(name, upstream, &surroundings)?;
        seen.must_be(live, Kinship::Same)?;
        Ok(tape)
    }

    pub(super) fn emulator(&self, log: &str, fault: Option<&str>) -> anyhow::Result<Server> {
        let mut words =
            self.runner
                .pipetape(&["emulate", "--listen", "127.0.0.1:0", "--auth", "verify"]);
        words.extend([
            "--credentials".into(),
            self.sources.join("credentials.json").into(),
        ]);
        words.extend(["--jobs".into(), self.sources.join("jobs.json").into()]);
        if let Some(rule) = fault {
            words.extend(["--fault".into(), rule.into()]);
        }
        self.runner.serve(&words, log)
    }

    fn replaying(&self, log: &str, tape: &Path) -> anyhow::Result<Server> {
        let mut words = self
            .runner
            .pipetape(&["replay", "--listen", "127.0.0.1:0", "--strict"]);
        words.push(tape.into());
        self.runner.serve(&words, log)
    }

    /// Runs the worker by itself against an endpoint.
    fn worker(&self, endpoint: &str, log: &str, args: &[&str]) -> anyhow::Result<Ended> {
        let surroundings = self.runner.surroundings().with_keys();
        let surroundings = surroundings.with("AWS_ENDPOINT_URL_CODEPIPELINE", endpoint);
        let mut words = self.runner.worker.command.clone();
        words.extend(args.iter().map(OsString::from));
        self.runner.run(&surroundings, &words, log)
    }

    /// Runs the worker with the settings of the documentation, and a change of them.
    fn documented(&self, endpoint: &str, change: &str, log: &str) -> anyhow::Result<Ended> {
        let settings = self.settings.replace(DOCUMENTED_ENDPOINT, endpoint);
        ensure!(
            settings != self.settings,
            "the documented settings have no {DOCUMENTED_ENDPOINT}"
        );
        let script = format!("{settings}\n{change}\nexec \"$@\"");
        let mut words: Vec<OsString> = vec!["sh".into(), "-euc".into(), script.into(), "sh".into()];
        words.extend(self.runner.worker.command.iter().cloned());
        self.runner.run(&self.runner.surroundings(), &words, log)
    }

    /// The time as `X-Amz-Date` has it.
    fn utc_now(&self) -> anyhow::Result<String> {
        let words = ["date", "-u", "+%Y%m%dT%H%M%SZ"].map(OsString::from);
        let ended = self
            .runner
            .run(&self.runner.surroundings(), &words, "date")?;
        Ok(ended.lines_if(DONE)?.concat())
    }

    /// What the jobs file gives third-party workers to know.
    pub(super) fn client_tokens(&self) -> anyhow::Result<Vec<String>> {
        let jobs = std::fs::read_to_string(self.sources.join("jobs.json"))?;
        let jobs: Value = serde_json::from_str(&jobs).context("jobs.json")?;
        let jobs = jobs["jobs"].as_array().context("jobs.json has no jobs")?;
        let tokens = jobs.iter().filter_map(|job| job["clientToken"].as_str());
        Ok(tokens.map(str::to_owned).collect())
    }
}

/// Checks that each of the emulator's jobs was acknowledged once and ended once.
pub(super) fn every_job_ended_once(emulator: &Server) -> anyhow::Result<()> {
    let jobs = admin::get(emulator.address(), "jobs")?;
    let jobs = jobs["jobs"].as_array().context("no jobs")?;
    let mut ends = BTreeMap::new();
    for job in jobs {
        let id = job["id"].as_str().context("a job without an id")?;
        let job = admin::get(emulator.address(), &format!("jobs/{id}"))?;
        let history = job["history"].as_array().context("no history")?;
        let succeeded = |operation: &dyn Fn(&str) -> bool| {
            let done = history.iter().filter(|entry| entry["outcome"] == "ok");
            done.filter(|entry| entry["operation"].as_str().is_some_and(operation))
                .count()
        };
        let acknowledged = succeeded(&|operation| operation.starts_with("Acknowledge"));
        let ended = succeeded(&|operation| operation.starts_with("Put"));
        ensure!(
            (acknowledged, ended) == (1, 1),
            "job {id} was acknowledged {acknowledged} and ended {ended} times"
        );
        *ends.entry(job["status"].to_string()).or_insert(0) += 1;
    }
    let expected = [
        ("\"Failed\"".to_owned(), 2),
        ("\"Succeeded\"".to_owned(), 4),
    ];
    ensure!(ends == BTreeMap::from(expected), "jobs ended as {ends:?}");
    Ok(())
}
