//! Server processes: started, measured, and always ended.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

/// A store of a million exchanges is read in seconds; a server that needs longer than this hangs.
const LISTENS_WITHIN: Duration = Duration::from_secs(60);
const STOPS_WITHIN: Duration = Duration::from_secs(20);
/// The kernel counts a process's time in hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// A running server. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Server {
    /// Starts a server and waits for its `listening on` line. What it logs goes to the file `log`.
    ///
    /// # Errors
    ///
    /// When it ends, or says nothing, before it listens.
    pub(crate) fn start(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let mut child = command
            // Kept open: a bare server stops when it ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log).with_context(|| format!("can't create {}", log.display()))?)
            .spawn()
            .with_context(|| format!("can't run {}", command.get_program().display()))?;
        let address = child
            .stdout
            .take()
            .context("no pipe from the server")
            .and_then(listening_address);
        match address {
            Ok(address) => Ok(Self {
                child,
                address,
                log: log.to_path_buf(),
            }),
            Err(error) => {
                // It may have ended already; either way it does not outlive us.
                let _ = child.kill();
                let _ = child.wait();
                Err(error.context(format!(
                    "{} did not start: {}",
                    command.get_program().display(),
                    tail(log)
                )))
            }
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Processor time spent so far, if the system reports it.
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The name in parentheses may hold spaces; user and system time are fields 14 and 15 of the line.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index)?.parse::<u32>().ok();
        Some(TICK * (ticks(11)? + ticks(12)?))
    }

    /// Peak resident memory in megabytes, if the system reports it.
    pub(crate) fn peak_memory(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1024.0 / 1e6)
    }

    /// Stops a pipetape with SIGTERM, and expects it to end well.
    ///
    /// # Errors
    ///
    /// When it does not stop in time, or ends with another code than 0: a miss or a lost exchange makes what was measured worthless.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .context("no process id")?;
        kill_process(pid, Signal::TERM).context("can't stop the server")?;
        let asked = Instant::now();
        while asked.elapsed() < STOPS_WITHIN {
            match self.child.try_wait().context("can't wait for the server")? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the server ended with {status}: {}", tail(&self.log)),
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
        bail!(
            "the server did not stop within {} s of SIGTERM",
            STOPS_WITHIN.as_secs()
        );
    }

    /// The end of what it logged, for an error message.
    pub(crate) fn log_tail(&self) -> String {
        tail(&self.log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if it has ended already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for `listening on http://HOST:PORT`, then keeps the pipe empty for as long as the server lives.
fn listening_address(stdout: ChildStdout) -> anyhow::Result<SocketAddr> {
    let (say, said) = mpsc::channel();
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        let read = stdout.read_line(&mut line).map(|_| line);
        // Nobody listens any more once the wait below was given up.
        let _ = say.send(read);
        io::copy(&mut stdout, &mut io::sink())
    });
    let line = said
        .recv_timeout(LISTENS_WITHIN)
        .context("no line on stdout in time")??;
    let address = line
        .trim_end()
        .strip_prefix("listening on http://")
        .and_then(|address| address.parse().ok());
    address.with_context(|| format!("the first line is {line:?}"))
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let end = &text[text.len().saturating_sub(2000)..];
    String::from_utf8_lossy(end).trim().to_owned()
}
