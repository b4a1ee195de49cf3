//! A pipetape that serves while a worker runs.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};

use super::program::{Surroundings, last_lines, signal, wait};

/// Longest for a start or a stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `pipetape record`, `replay` or `emulate`. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    url: String,
    stderr: PathBuf,
}

impl Server {
    /// Starts it on any free port; `log` is where its stderr is kept.
    ///
    /// # Errors
    ///
    /// It does not come up.
    pub(crate) fn start(
        surroundings: &Surroundings,
        words: &[OsString],
        log: &Path,
    ) -> anyhow::Result<Self> {
        let stderr = log.with_extension("stderr");
        let mut child = surroundings
            .command(words)?
            .stdout(Stdio::piped())
            .stderr(File::create(&stderr)?)
            .spawn()
            .context("can't run pipetape")?;
        let stdout = child.stdout.take().context("no pipe")?;
        let (line, first) = mpsc::channel();
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            let mut text = String::new();
            // An error leaves the text empty, which says that it is not up.
            let _ = stdout.read_line(&mut text);
            let _ = line.send(text);
        });
        let line = first.recv_timeout(PATIENCE).unwrap_or_default();
        let mut server = Self {
            child,
            url: String::new(),
            stderr,
        };
        let Some(url) = line.trim_end().strip_prefix("listening on ") else {
            bail!("pipetape does not listen: {}", last_lines(&server.stderr));
        };
        url.clone_into(&mut server.url);
        Ok(server)
    }

    /// Where it listens: `http://HOST:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap_or(&self.url)
    }

    /// Stops it and checks its exit code.
    ///
    /// # Errors
    ///
    /// It does not stop, or with another code.
    pub(crate) fn stop(mut self, expected_code: i32) -> anyhow::Result<()> {
        signal("TERM", &self.child.id().to_string());
        let status = wait(&mut self.child, PATIENCE)?;
        if status.code() != Some(expected_code) {
            let stderr = last_lines(&self.stderr);
            bail!("pipetape: {status} instead of exit code {expected_code}: {stderr}");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail if it has ended already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
