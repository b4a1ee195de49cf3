//! How programs are run: with an environment of our own, a time limit, and output that is kept.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// Longest that a whole session may take. The slowest, a process for each call, takes about half a
/// minute on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// The keys that workers sign with: AWS's published example. `tests/clients/credentials.json` has them too.
pub(super) const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    (
        "AWS_SECRET_ACCESS_KEY",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ),
];

/// A worker that is ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    /// The program and what goes before a worker's own arguments.
    pub(crate) command: Vec<OsString>,
    /// Where its programs are, if not where everyone's are.
    pub(crate) path: Option<PathBuf>,
}

/// What ran, and what it left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// Each line of stdout and when it came.
    pub(crate) lines: Vec<(Instant, String)>,
    pub(crate) stderr: PathBuf,
}

impl Ended {
    /// All that was said, stdout first.
    pub(crate) fn said(&self) -> String {
        let lines = self.lines.iter().map(|(_, line)| line.as_str());
        let stdout = lines.collect::<Vec<_>>().join("\n");
        let stderr = fs::read(&self.stderr).unwrap_or_default();
        format!("{stdout}\n{}", String::from_utf8_lossy(&stderr))
    }

    /// The lines, of a program that ended as it should.
    ///
    /// # Errors
    ///
    /// It ended otherwise; with the last of what it said.
    pub(crate) fn lines_if(&self, expected_code: i32) -> anyhow::Result<Vec<&str>> {
        if self.status.code() != Some(expected_code) {
            let stderr = last_lines(&self.stderr);
            bail!(
                "{} instead of exit code {expected_code}: {stderr}",
                self.status
            );
        }
        Ok(self.lines.iter().map(|(_, line)| line.as_str()).collect())
    }
}

/// An environment that has nothing of the user's AWS settings, and a home of its own.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) home: PathBuf,
    /// In front of everyone's PATH.
    pub(crate) path: Vec<PathBuf>,
    pub(crate) variables: BTreeMap<&'static str, OsString>,
}

impl Surroundings {
    pub(crate) fn new(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
            path: Vec::new(),
            variables: BTreeMap::new(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name, value.into());
        self
    }

    pub(crate) fn with_path(mut self, directory: Option<&Path>) -> Self {
        self.path.extend(directory.map(Path::to_path_buf));
        self
    }

    /// Keys and a region, as a user's environment has them.
    pub(crate) fn with_keys(mut self) -> Self {
        for (name, value) in KEYS {
            self = self.with(name, value);
        }
        self.with("AWS_REGION", "us-east-1")
            .with("AWS_DEFAULT_REGION", "us-east-1")
    }

    /// A command in this environment.
    ///
    /// # Errors
    ///
    /// A directory's name can't be in PATH.
    pub(crate) fn command(&self, words: &[OsString]) -> anyhow::Result<Command> {
        let (program, args) = words.split_first().context("no program")?;
        let mut path = self.path.clone();
        path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("PATH", env::join_paths(path)?)
            .env("HOME", &self.home)
            .env("LANG", "C.UTF-8")
            // No client goes looking for a metadata service.
            .env("AWS_EC2_METADATA_DISABLED", "true")
            // No compiled files beside the sources.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(&self.variables)
            .stdin(Stdio::null())
            // A group of its own, so that a worker goes with the pipetape around it.
            .process_group(0);
        Ok(command)
    }
}

/// A program that runs. Dropped, it is killed with all that it started.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<Vec<(Instant, String)>>>,
    log: PathBuf,
}

impl Running {
    /// Starts a command; `log` is where its output is kept.
    ///
    /// # Errors
    ///
    /// It can't be run.
    pub(crate) fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let stderr = stderr_of(log);
        let file = File::create(&stderr);
        let file = file.with_context(|| format!("can't write {}", stderr.display()))?;
        Self::start_with(command.stderr(file), log)
    }

    /// As [`Running::start`], for a pipetape around another command: gives the `HOST:PORT` where it listens, too.
    ///
    /// # Errors
    ///
    /// It can't be run, or does not listen.
    pub(crate) fn start_around(
        command: &mut Command,
        log: &Path,
    ) -> anyhow::Result<(Self, String)> {
        let mut file = File::create(stderr_of(log))?;
        let mut running = Self::start_with(command.stderr(Stdio::piped()), log)?;
        let stderr = running.child.stderr.take().context("no pipe")?;
        let (address, first) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // Neither has to be wanted: the log is for people, the address for the caller.
                let _ = writeln!(file, "{line}");
                if let Some(found) = line.strip_prefix("listening on http://") {
                    let _ = address.send(found.to_owned());
                }
            }
        });
        let address = first.recv_timeout(Duration::from_secs(30));
        let address =
            address.with_context(|| format!("does not listen: {}", last_lines(&stderr_of(log))))?;
        Ok((running, address))
    }

    fn start_with(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't run `{name}`"))?;
        let stdout = child.stdout.take().context("no pipe")?;
        let reader = thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.map(|line| (Instant::now(), line)).collect()
        });
        Ok(Self {
            child,
            stdout: Some(reader),
            log: log.to_owned(),
        })
    }

    /// Checks that it has not ended by itself.
    ///
    /// # Errors
    ///
    /// It has; with the last of what it said.
    pub(crate) fn must_run(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("ended with {status}: {}", last_lines(&stderr_of(&self.log)));
        }
        Ok(())
    }

    /// Asks it to end, as an operator does, and waits for that.
    ///
    /// # Errors
    ///
    /// As [`Running::end`].
    pub(crate) fn stop(self) -> anyhow::Result<Ended> {
        signal("TERM", &self.child.id().to_string());
        self.end()
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// It takes too long; then it is killed.
    pub(crate) fn end(mut self) -> anyhow::Result<Ended> {
        let status = wait(&mut self.child, PATIENCE)?;
        let reader = self.stdout.take().context("its output is read")?;
        let lines = reader.join().ok().context("reading output failed")?;
        let text: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
        fs::write(self.log.with_extension("stdout"), text)?;
        Ok(Ended {
            status,
            lines,
            stderr: stderr_of(&self.log),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.stdout.is_some() {
            signal("KILL", &format!("-{}", self.child.id()));
            // It is gone, whatever this says.
            let _ = self.child.wait();
        }
    }
}

fn stderr_of(log: &Path) -> PathBuf {
    log.with_extension("stderr")
}

/// Runs a command to its end; `log` is where its output is kept.
///
/// # Errors
///
/// It can't be run, or takes too long; then it is killed.
pub(crate) fn run(command: &mut Command, log: &Path) -> anyhow::Result<Ended> {
    Running::start(command, log)?.end()
}

/// Runs a script in a folder; `shell` is the program that takes it as its last argument, and `log` where its output is
/// kept.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn run_script(
    shell: &[&str],
    script: &str,
    surroundings: &Surroundings,
    folder: &Path,
    log: &Path,
) -> anyhow::Result<Ended> {
    let mut words: Vec<OsString> = shell.iter().map(OsString::from).collect();
    words.push(script.into());
    let mut command = surroundings.command(&words)?;
    run(command.current_dir(folder), log)
}

/// Waits for a child's end; kills its whole group when it takes longer than `patience`.
///
/// # Errors
///
/// It took longer.
pub(crate) fn wait(child: &mut Child, patience: Duration) -> anyhow::Result<ExitStatus> {
    let group = child.id();
    let (ended, end) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let late = end.recv_timeout(patience) == Err(mpsc::RecvTimeoutError::Timeout);
        if late {
            signal("KILL", &format!("-{group}"));
        }
        late
    });
    let status = child.wait();
    // The watch may have ended already.
    let _ = ended.send(());
    if watch.join().unwrap_or(true) {
        bail!("not done after {} s, so it was killed", patience.as_secs());
    }
    status.context("can't wait for a program")
}

/// Sends a signal. A process that has ended needs none, so no error is reported.
pub(crate) fn signal(name: &str, process: &str) {
    let _ = Command::new("kill")
        .args(["-s", name, "--", process])
        .stderr(Stdio::null())
        .status();
}

/// The end of what a program said, as one line.
pub(crate) fn last_lines(file: &Path) -> String {
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().rev().take(3).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}
