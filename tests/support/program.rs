//! Runs the built binary: commands to their end, servers until they say that they listen.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use pipetape_testkit::PATIENCE;
use rustix::process::{Pid, Signal, kill_process};

use super::client::Call;
use super::message::Message;
use super::output::{Ended, Pipe};
use super::terminal::terminal;
use crate::soak::scale;

/// The binary that cargo built for these tests.
pub(crate) const PATH: &str = env!("CARGO_BIN_EXE_pipetape");

/// The binary under test: [`PATH`], or the one that a soak is about.
pub(crate) fn path() -> PathBuf {
    scale::program().unwrap_or_else(|| PATH.into())
}

/// Whether a program that is large, and that little else here asks for, is not installed; says so, for the test that is
/// skipped then.
#[cfg(target_os = "linux")]
#[expect(clippy::print_stderr, reason = "a test says that it is skipped")]
pub(crate) fn is_skipped_without(name: &str, version: &str) -> bool {
    let is_there = Command::new(name)
        .arg(version)
        .output()
        .is_ok_and(|said| said.status.success());
    if !is_there {
        eprintln!("skipped: there is no {name}");
    }
    !is_there
}

/// Runs a command to its end, which has to come in time.
pub(crate) fn run(command: Command) -> Ended {
    Running::spawn(command).wait()
}

/// A child with both its pipes drained. Dropped, it is killed.
pub(crate) struct Running {
    child: Child,
    stdout: Pipe,
    stderr: Pipe,
}

impl Running {
    /// Starts the command with empty input.
    pub(crate) fn spawn(command: Command) -> Self {
        Self::spawn_with(command, Stdio::piped(), |child| {
            Pipe::drain(child.stderr.take().expect("piped stderr"))
        })
    }

    /// Starts the command with empty input, and its stderr on a terminal of that many columns.
    pub(crate) fn spawn_on_terminal(command: Command, columns: u16) -> Self {
        let (ours, theirs) = terminal(columns);
        Self::spawn_with(command, theirs.into(), |_| Pipe::drain(ours))
    }

    fn spawn_with(
        mut command: Command,
        stderr: Stdio,
        drain_stderr: impl FnOnce(&mut Child) -> Pipe,
    ) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        // It holds on to our copy of a terminal's other end.
        drop(command);
        let stdout = Pipe::drain(child.stdout.take().expect("piped stdout"));
        let stderr = drain_stderr(&mut child);
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// The child's process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its stdout.
    pub(crate) fn stdout(&self) -> &Pipe {
        &self.stdout
    }

    /// Its stderr.
    pub(crate) fn stderr(&self) -> &Pipe {
        &self.stderr
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a signal to a living child");
    }

    /// Kills it with no chance to tidy up, and takes it off the process table.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }

    /// The same, where it may have ended by itself; says whether it was still running.
    pub(crate) fn kill_if_running(&mut self) -> bool {
        let is_running = self.end_within(Duration::ZERO).is_none();
        if is_running {
            self.kill();
        }
        is_running
    }

    /// Waits for its own end.
    pub(crate) fn wait(mut self) -> Ended {
        let Some(status) = self.end_within(PATIENCE) else {
            let id = self.id();
            self.kill();
            panic!(
                "process {id} did not end in {PATIENCE:?}\n--- stdout\n{}\n--- stderr\n{}",
                self.stdout.finish(),
                self.stderr.finish()
            );
        };
        Ended {
            code: status.code(),
            stdout: self.stdout.finish(),
            stderr: self.stderr.finish(),
        }
    }

    /// Its status, if it ends within that time.
    pub(crate) fn end_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().expect("status of a child") {
                return Some(status);
            }
            if Instant::now() > deadline {
                return None;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended, which is all that is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A serving pipetape.
pub(crate) struct Server {
    running: Running,
    address: SocketAddr,
}

impl Server {
    /// Starts it and waits for the line on stdout that says where it listens.
    pub(crate) fn start(command: Command) -> Self {
        Self::started(Running::spawn(command), |running| running.stdout())
    }

    /// Starts it with its stderr on a terminal of that many columns.
    pub(crate) fn start_on_terminal(command: Command, columns: u16) -> Self {
        Self::started(Running::spawn_on_terminal(command, columns), |running| {
            running.stdout()
        })
    }

    /// Starts it with a wrapped command: the line is on stderr then.
    pub(crate) fn start_wrapping(command: Command) -> Self {
        Self::started(Running::spawn(command), |running| running.stderr())
    }

    fn started(running: Running, pipe: impl Fn(&Running) -> &Pipe) -> Self {
        let Some(line) = pipe(&running).line_with("listening on ") else {
            let ended = running.wait();
            panic!("it never listened: {ended}");
        };
        let address = line
            .strip_prefix("listening on http://")
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("no address in `{line}`"));
        Self { running, address }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, without a final slash.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The child behind it.
    pub(crate) fn running(&mut self) -> &mut Running {
        &mut self.running
    }

    /// Makes one call.
    pub(crate) fn call(&self, operation: &str, body: &str) -> Message {
        Call::new(operation, body).send(self.address)
    }

    /// Asks an admin route and expects 200 with JSON.
    pub(crate) fn admin(&self, route: &str) -> serde_json::Value {
        let answer = Call::plain("GET", &format!("/_pipetape/{route}")).send(self.address);
        assert_eq!(answer.status(), 200, "{route}: {}", answer.text());
        answer.json()
    }

    /// SIGTERM, and its end.
    pub(crate) fn stop(self) -> Ended {
        self.running.signal(Signal::TERM);
        self.running.wait()
    }

    /// SIGTERM, and an end that has to be a good one.
    #[track_caller]
    pub(crate) fn stop_ok(self) -> Ended {
        let ended = self.stop();
        assert_eq!(ended.code, Some(0), "{ended}");
        ended.assert_calm();
        ended
    }

    /// Waits for its own end, as with a wrapped command.
    pub(crate) fn wait(self) -> Ended {
        self.running.wait()
    }
}
