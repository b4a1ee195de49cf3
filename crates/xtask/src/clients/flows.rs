//! The ways in which workers go about their jobs, each as a program of its own: live, recorded and replayed.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, ensure};

use super::Client;
use super::difference::Kinship;
use super::program::{Surroundings, Worker};
use super::runner::{DONE, Runner};
use super::server::Server;
use super::session::Session;

/// A program of `tests/clients/flows` that ends by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flow {
    /// What the table calls it.
    pub(crate) title: &'static str,
    /// Whose installation it runs with.
    pub(crate) client: Client,
    program: &'static str,
    /// How long a job that nobody acknowledges stays hidden.
    visibility: &'static str,
    /// How many of its calls are refused, live as in a replay.
    refusals: usize,
    /// A variable that lets it ask more often than it was recorded, and the option that such a replay needs.
    more: Option<(&'static str, &'static str, &'static str)>,
}

pub(crate) const FLOWS: [Flow; 5] = [
    Flow {
        title: "flow: a scheduled function, continuation tokens",
        client: Client::Boto3,
        program: "lambda_poller.py",
        visibility: "30s",
        refusals: 0,
        more: None,
    },
    Flow {
        title: "flow: a refused acknowledge fails the job",
        client: Client::Boto3,
        program: "refused.py",
        visibility: "2s",
        // The acknowledge of the slow copy, and the success of the fast one.
        refusals: 2,
        more: None,
    },
    Flow {
        title: "flow: heartbeats",
        client: Client::Boto3,
        program: "heartbeat.py",
        visibility: "30s",
        refusals: 1,
        more: Some(("HEARTBEATS", "5", "GetJobDetails=repeat-last")),
    },
    Flow {
        title: "flow: a partner with many clients",
        client: Client::Boto3,
        program: "partner.py",
        visibility: "30s",
        // A token that was changed.
        refusals: 1,
        more: None,
    },
    Flow {
        title: "flow: a shell loop around the aws CLI",
        client: Client::AwsCliV1,
        program: "loop.sh",
        visibility: "30s",
        refusals: 0,
        more: None,
    },
];

impl Flow {
    /// Runs it against the emulator, through a recording, and against its tape: it has to see the same.
    ///
    /// # Errors
    ///
    /// Says what did not hold.
    pub(crate) fn check(
        self,
        pipetape: &Path,
        sources: &Path,
        installed: &Worker,
        directory: &Path,
    ) -> anyhow::Result<()> {
        let directory = directory.join(self.program.replace('.', "-"));
        std::fs::create_dir_all(&directory)?;
        let script = sources.join("flows").join(self.program);
        let mut command: Vec<OsString> = Vec::new();
        if self.client == Client::Boto3 {
            command.push("python3".into());
        }
        command.push(script.into());
        let runner = Runner {
            worker: Worker {
                command,
                path: installed.path.clone(),
            },
            pipetape,
            directory,
        };
        self.run(&runner, sources)
    }

    fn run(self, runner: &Runner<'_>, sources: &Path) -> anyhow::Result<()> {
        let served = self.emulator(runner, sources, "emulator")?;
        let surroundings = runner.surroundings().with_keys();
        let alone = surroundings.clone();
        let alone = alone.with("AWS_ENDPOINT_URL_CODEPIPELINE", served.url());
        let live = runner.run(&alone, &runner.worker.command, "live")?;
        let live = Session::parse(live.lines_if(DONE)?).context("live")?;
        served.stop(DONE)?;
        let refusals = live.refusals();
        ensure!(
            refusals == self.refusals,
            "{refusals} calls were refused instead of {}",
            self.refusals
        );

        let served = self.emulator(runner, sources, "recorded")?;
        let (recorded, tape) = runner.record("flow", &served, &surroundings)?;
        served.stop(DONE)?;
        recorded.must_be(&live, Kinship::Same).context("recorded")?;
        let played = runner.play("replay", &tape).context("replayed")?;
        played
            .must_be(&recorded, Kinship::Redacted)
            .context("replayed")?;
        match self.more {
            Some((variable, value, exhausted)) => {
                let more = runner.surroundings().with(variable, value);
                asked_more_often(runner, &more, &tape, exhausted, recorded.calls())
            }
            None => Ok(()),
        }
    }

    fn emulator(self, runner: &Runner<'_>, sources: &Path, log: &str) -> anyhow::Result<Server> {
        let mut words = runner.pipetape(&["emulate", "--listen", "127.0.0.1:0"]);
        words.extend(["--visibility", self.visibility, "--jobs"].map(OsString::from));
        words.push(sources.join("flows").join("jobs.json").into());
        runner.serve(&words, log)
    }
}

/// A program that asks more often than it was recorded: it misses, unless exhausted exchanges are repeated.
fn asked_more_often(
    runner: &Runner<'_>,
    more: &Surroundings,
    tape: &Path,
    exhausted: &str,
    recorded: usize,
) -> anyhow::Result<()> {
    let around = |options: &[&str]| {
        let mut words = runner.pipetape(&[&["replay"], options].concat());
        words.extend([tape.into(), "--".into()]);
        words.extend(runner.worker.command.iter().cloned());
        words
    };
    let ended = runner.run(more, &around(&[]), "more.missed")?;
    ensure!(
        !ended.status.success(),
        "asked more often, and nothing was missed"
    );
    let ended = runner.run(more, &around(&["--exhausted", exhausted]), "more.repeated")?;
    let calls = Session::parse(ended.lines_if(DONE)?)?.calls();
    ensure!(
        calls > recorded,
        "asked {calls} times, recorded were {recorded}"
    );
    Ok(())
}
